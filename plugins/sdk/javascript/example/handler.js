// Orders: each is logged, one for less than nothing is refused and comes again a second later, and what is done goes on to
// the queue of invoices.

async function work(record) {
  const { order, quantity } = JSON.parse(record.body);
  if (quantity < 0) {
    throw new Error(`order ${order} refused at attempt ${record.attributes.ApproximateReceiveCount}`);
  }
  // The function's configuration has to grant this.
  await queuelet.send('invoices', record.body).catch((error) => {
    console.debug(`order ${order} has no invoice: ${error.message}`);
  });
  console.log(`order ${order} is done`);
}

export const handler = async (event) => {
  const batchItemFailures = [];
  for (const record of event.Records) {
    await work(record).catch((error) => {
      console.warn(error.message);
      batchItemFailures.push({ itemIdentifier: record.messageId, delaySeconds: 1 });
    });
  }
  return { batchItemFailures };
};
