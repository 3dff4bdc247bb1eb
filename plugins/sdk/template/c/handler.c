/* The function works off orders: each is logged, and what is no order goes to the dead-letter queue. */
#include "queuelet.h"

/* Says what becomes of a record: QUEUELET_DONE, QUEUELET_RETRY, queuelet_retry_after(seconds), QUEUELET_DEAD_LETTER. */
static queuelet_outcome handle(const queuelet_record *record) {
  int64_t order;
  if (!queuelet_int(queuelet_member(record->body, "order"), &order)) {
    queuelet_logf(QUEUELET_ERROR, "record %s is no order", record->message_id.at);
    return QUEUELET_DEAD_LETTER;
  }
  queuelet_logf(QUEUELET_INFO, "order %lld is done", (long long)order);
  return QUEUELET_DONE;
}

QUEUELET_RECORDS(handle)
