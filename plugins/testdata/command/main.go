// Command is a program that knows nothing of queuelet: an event on standard input, a response on standard output.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strings"
)

type event struct {
	Records []struct {
		MessageID string `json:"messageId"`
		Body      string `json:"body"`
	}
}

type failure struct {
	ItemIdentifier string `json:"itemIdentifier"`
}

var runs int

func main() {
	if len(os.Args) > 1 && os.Args[1] == "deaf" {
		fmt.Println("hello")
		return
	}
	var e event
	if err := json.NewDecoder(os.Stdin).Decode(&e); err != nil {
		log.Fatal(err)
	}
	runs++
	failures := []failure{}
	for _, record := range e.Records {
		switch record.Body {
		case "bad":
			failures = append(failures, failure{record.MessageID})
		case "exit":
			log.Print("cannot go on")
			os.Exit(3)
		case "panic":
			panic("asked to panic")
		case "spin":
			for runs > 0 {
				runs++
			}
		case "flood":
			fmt.Println(strings.Repeat("x", 2<<20))
		case "runs":
			fmt.Printf("%q", fmt.Sprint(runs))
			return
		}
	}
	json.NewEncoder(os.Stdout).Encode(map[string]any{"batchItemFailures": failures})
}
