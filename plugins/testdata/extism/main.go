// Extism is a plugin made with Extism's kit for Go. It does what the first message says; what begins with "tell" goes to the
// log instead of the response.
package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/extism/go-pdk"
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

//go:wasmexport handle
func handle() int32 {
	var e event
	if err := json.Unmarshal(pdk.Input(), &e); err != nil {
		pdk.SetError(err)
		return 1
	}
	what, tell := strings.CutPrefix(e.Records[0].Body, "tell ")
	answer := answer
	if tell {
		answer = func(values ...any) {
			pdk.Log(pdk.LogInfo, e.Records[0].Body+": "+strings.TrimSpace(fmt.Sprintln(values...)))
		}
	}
	what, url, _ := strings.Cut(what, " from ")
	switch what {
	case "error":
		pdk.SetErrorString(`{"errorType":"Type","errorMessage":"message"}`)
		return 1
	case "status":
		return 3
	case "panic":
		panic("asked to panic")
	case "spin":
		for n := 0; ; n++ {
			counts[n%2]++
		}
	case "config":
		value, ok := pdk.GetConfig("KEY")
		answer(value, ok)
	case "no config":
		value, ok := pdk.GetConfig("OTHER")
		answer(value, ok)
	case "count":
		n, _ := strconv.Atoi(string(pdk.GetVar("count")))
		pdk.SetVar("count", []byte(strconv.Itoa(n+1)))
		answer(n + 1)
	case "forget":
		pdk.RemoveVar("count")
		answer(pdk.GetVar("count") == nil)
	case "log":
		pdk.Log(pdk.LogError, "an error")
		pdk.Log(pdk.LogDebug, "a detail")
	case "http":
		if url == "" {
			url = "https://example.com/path"
		}
		request := pdk.NewHTTPRequest(pdk.MethodPost, url)
		request.SetHeader("X-Name", "value")
		request.SetBody([]byte("body"))
		response := request.Send()
		answer(response.Status(), string(response.Body()), response.Headers()["x-answer"])
	default:
		partial(e)
	}
	return 0
}

var counts [2]int

// partial fails the records whose body is bad.
func partial(e event) {
	failures := []failure{}
	for _, record := range e.Records {
		if record.Body == "bad" {
			failures = append(failures, failure{record.MessageID})
		}
	}
	if err := pdk.OutputJSON(map[string]any{"batchItemFailures": failures}); err != nil {
		pdk.SetError(err)
	}
}

func answer(values ...any) {
	text, _ := json.Marshal(strings.TrimSpace(fmt.Sprintln(values...)))
	pdk.Output(text)
}

func main() {}
