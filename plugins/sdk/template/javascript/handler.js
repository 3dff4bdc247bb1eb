// The function works off orders: each is logged, and what is no order goes to the dead-letter queue. It runs as it is.

export const handler = async (event) => {
  const batchItemFailures = [];
  for (const record of event.Records) {
    try {
      const order = JSON.parse(record.body);
      console.log(`order ${order.order} is done`);
    } catch (error) {
      console.error(`record ${record.messageId} is no order: ${error.message}`);
      batchItemFailures.push({ itemIdentifier: record.messageId, deadLetter: true });
    }
  }
  return { batchItemFailures };
};
