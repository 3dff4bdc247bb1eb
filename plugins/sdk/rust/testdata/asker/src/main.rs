//! Asker asks the host for all that it can be asked, and logs what it was answered.

use std::time::Duration;

use queuelet::{host, Failure, SqsRecord};

fn say(answers: &mut Vec<String>, answer: Result<String, host::Error>) {
    answers.push(answer.unwrap_or_else(|error| error.to_string()));
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

fn value(name: &str) -> Result<String, host::Error> {
    Ok(host::kv_get(name)?.map_or("not found".to_string(), |entry| text(entry.value)))
}

fn handle(record: &SqsRecord) -> Result<(), Failure> {
    let answers = &mut Vec::new();
    let first = host::kv_create("a.b", b"v1");
    say(answers, first.clone().map(|_| "created".into()));
    say(answers, host::kv_create("a.b", b"v1").map(|_| "created".into()));
    say(answers, value("a.b"));
    let first = first?;
    say(answers, host::kv_update("a.b", b"v2", first).map(|_| "updated".into()));
    say(answers, host::kv_update("a.b", b"v3", first).map(|_| "updated".into()));
    say(answers, host::kv_keys("a").map(|keys| keys.join(" ")));
    let pending = host::start("kv.get", r#"{"key":"a.b"}"#, b"")?;
    say(answers, pending.wait(Duration::from_secs(10)).map(|response| text(response.body)));
    say(answers, host::kv_delete("a.b", None).map(|_| "deleted".into()));
    say(answers, value("a.b"));
    say(answers, host::config("RATE"));
    say(answers, host::secret("TOKEN"));
    say(answers, host::add_metric("asked", 1.5).map(|_| "counted".into()));
    say(answers, host::extend(record, Duration::from_secs(60)).map(|_| "extended".into()));
    say(answers, host::publish("events.asked", b"x").map(|_| "published".into()));
    let about = queuelet::invocation();
    say(answers, Ok(format!("{} {}", about.function_name, about.attempt)));
    say(answers, Ok(format!("in time: {}", queuelet::time_left() > Duration::ZERO)));
    println!("answers: {}.", answers.join(", "));
    Ok(())
}

fn main() {
    queuelet::run_records(handle)
}
