/* Reader reads the body of one record as JSON and responds with it, written anew. */
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
  static queuelet_buffer reply;
  queuelet_slice records = queuelet_records(queuelet_read(size)), value;
  queuelet_record record;
  if (!queuelet_next_record(&records, &record)) return 1;
  reply.size = 0;
  queuelet_put_text(&reply, "{\"read\":");
  if (queuelet_next_value(&record.body, &value)) put(&reply, value, 100);
  queuelet_put_text(&reply, "}");
  return queuelet_event_reply(reply.at, (uint32_t)reply.size);
}
