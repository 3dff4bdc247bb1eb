// Package hosttest gives a test a running queuelet and clients for it.
//
//	server := hosttest.Start(t)
//	client := server.SQS()
//	queue, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("orders")})
//
// The server listens on free ports of the loopback interface, keeps its data in a
// folder of the test, and drains and stops when the test ends.
package hosttest
