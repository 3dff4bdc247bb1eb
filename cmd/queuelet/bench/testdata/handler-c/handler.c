/* The function in C that is measured: as the one in Go, it decodes each body that is JSON, reads the number at the beginning
 * of each other one, and reports the records that have none. */
#include "../../../../../plugins/sdk/c/queuelet.h"

enum { number_width = 12 };

typedef struct {
  queuelet_slice id, note;
  int64_t amount;
} order;

static bool decode(queuelet_slice body, order *o) {
  o->id = queuelet_member(body, "id");
  o->note = queuelet_member(body, "note");
  return o->id.size > 0 && o->note.size > 0 && queuelet_int(queuelet_member(body, "amount"), &o->amount);
}

static queuelet_outcome handle(const queuelet_record *record) {
  queuelet_slice number = record->body;
  if (number.size > 0 && number.at[0] == '{') {
    order o;
    return decode(record->body, &o) ? QUEUELET_DONE : QUEUELET_RETRY;
  }
  if (number.size > number_width) number.size = number_width;
  int64_t read;
  return queuelet_int(number, &read) ? QUEUELET_DONE : QUEUELET_RETRY;
}

QUEUELET_RECORDS(handle)
