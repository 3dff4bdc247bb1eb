/* The function in C that is measured: as the one in Go, it reads the amount in each body that is JSON and the number at the
 * beginning of each other one, and reports the records that have none. */
#include "../../../../../plugins/sdk/c/queuelet.h"

enum { number_width = 12 };

static queuelet_outcome handle(const queuelet_record *record) {
  queuelet_slice number = record->body;
  if (number.size > 0 && number.at[0] == '{') {
    number = queuelet_member(record->body, "amount");
  } else if (number.size > number_width) {
    number.size = number_width;
  }
  int64_t read;
  return queuelet_int(number, &read) ? QUEUELET_DONE : QUEUELET_RETRY;
}

QUEUELET_RECORDS(handle)
