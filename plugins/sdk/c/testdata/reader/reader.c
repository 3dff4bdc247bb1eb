/* Reader reads the body of a record as JSON, and names what it has read, written anew, as the record that failed. */
#include "../../queuelet.h"

static void put(queuelet_buffer *to, queuelet_slice value, int depth) {
  char first = value.size > 0 ? value.at[0] : 0;
  if (first == '"') {
    char *place = malloc(value.size);
    queuelet_put_string(to, queuelet_decode(value, place));
    free(place);
  } else if (first == '{' && depth > 0) {
    const char *before = "{";
    for (queuelet_slice name, member; queuelet_next_member(&value, &name, &member); before = ",") {
      queuelet_put_text(to, before);
      put(to, name, 0);
      queuelet_put_text(to, ":");
      put(to, member, depth - 1);
    }
    queuelet_put_text(to, *before == '{' ? "{}" : "}");
  } else if (first == '[' && depth > 0) {
    const char *before = "[";
    for (queuelet_slice element; queuelet_next_element(&value, &element); before = ",") {
      queuelet_put_text(to, before);
      put(to, element, depth - 1);
    }
    queuelet_put_text(to, *before == '[' ? "[]" : "]");
  } else {
    int64_t number;
    if (queuelet_int(value, &number)) queuelet_put_int(to, number);
    else queuelet_put(to, value);
  }
}

QUEUELET_EXPORT("queuelet_handle") int32_t handle(uint32_t size) {
  queuelet_slice records = queuelet_records(queuelet_read(size)), value;
  queuelet_buffer text = {0}, reply = {0};
  queuelet_record record;
  if (!queuelet_next_record(&records, &record)) return 1;
  const char *end = record.body.at + record.body.size;
  bool found = queuelet_next_value(&record.body, &value);
  if (record.body.at > end || value.at + value.size > end) abort(); /* it was read past its end */
  if (found) put(&text, value, 100);
  record.message_id = (queuelet_slice){text.at, text.size};
  queuelet_report(&reply, &record, QUEUELET_RETRY);
  int32_t error = queuelet_reply(&reply);
  free(text.at);
  free(reply.at);
  return error;
}
