/* Orders: each is logged, one for less than nothing is refused and comes again a second later, and what is done goes on to
 * the queue of invoices. */
#include "../queuelet.h"

static queuelet_outcome handle(const queuelet_record *record) {
  int64_t order, quantity;
  if (!queuelet_int(queuelet_member(record->body, "order"), &order) ||
      !queuelet_int(queuelet_member(record->body, "quantity"), &quantity)) {
    queuelet_logf(QUEUELET_ERROR, "record %s is no order: %s", record->message_id.at, record->body.at);
    return QUEUELET_DEAD_LETTER;
  }
  if (quantity < 0) {
    queuelet_slice attempt = queuelet_attribute(record, "ApproximateReceiveCount");
    queuelet_logf(QUEUELET_WARN, "order %lld refused at attempt %.*s", (long long)order, (int)attempt.size, attempt.at);
    return queuelet_retry_after(1);
  }
  /* The function's configuration has to grant this. */
  queuelet_response response;
  int32_t error = queuelet_send("invoices", record->body, &response);
  if (error != QUEUELET_OK) queuelet_logf(QUEUELET_DEBUG, "order %lld has no invoice: %s", (long long)order, queuelet_error(error));
  queuelet_logf(QUEUELET_INFO, "order %lld is done", (long long)order);
  return QUEUELET_DONE;
}

QUEUELET_RECORDS(handle)
