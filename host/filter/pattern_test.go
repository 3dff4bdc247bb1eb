package filter_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/queuelet/queuelet/host/filter"
)

func compile(t testing.TB, pattern string) *filter.Pattern {
	t.Helper()
	p, err := filter.Compile([]byte(pattern))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// check runs Match and Explain, which have to agree.
func check(t *testing.T, pattern, record string, want bool) {
	t.Helper()
	p := compile(t, pattern)
	if got := p.Match([]byte(record)); got != want {
		t.Errorf("%s on %s: match %t, want %t", pattern, record, got, want)
	}
	if why := p.Explain([]byte(record)); (why == "") != want {
		t.Errorf("%s on %s: explained %q", pattern, record, why)
	}
}

func TestMatchOperators(t *testing.T) {
	tests := []struct {
		operator string
		yes, no  []string
	}{
		// The table of "Filter rule syntax" in the Lambda developer guide.
		{`null`, []string{`null`}, []string{`""`, `0`, `false`, `"null"`, `{}`, `[]`}},
		{`""`, []string{`""`}, []string{`null`, `" "`}},
		{`"Alice"`, []string{`"Alice"`, `"\u0041lice"`, `["Bob","Alice"]`, `[["Alice"]]`}, []string{`"alice"`, `"Alice "`, `["Bob"]`, `{"Alice":1}`}},
		{`"Credit","Debit"`, []string{`"Credit"`, `"Debit"`}, []string{`"Cash"`}},
		{`{"equals-ignore-case":"alice"}`, []string{`"Alice"`, `"ALICE"`}, []string{`"Alicia"`, `1`}},
		{`{"anything-but":["Raining"]}`, []string{`"Sunny"`, `1`, `null`, `["Raining","Sunny"]`}, []string{`"Raining"`, `{}`, `[]`, `["Raining"]`}},
		{`{"numeric":["=",100]}`, []string{`100`, `100.0`, `1e2`, `[1,100]`}, []string{`"100"`, `100.0000000000000001`}},
		{`{"numeric":[">",10,"<=",20]}`, []string{`10.5`, `20`}, []string{`10`, `20.1`, `-15`, `null`}},
		{`{"exists":true}`, []string{`null`, `""`, `0`, `["a"]`}, []string{`{"a":1}`, `[]`}},
		{`{"exists":false}`, []string{`{"a":1}`, `[]`}, []string{`null`, `1`}},
		{`{"prefix":"us-"}`, []string{`"us-east-1"`, `"us-"`}, []string{`"US-east-1"`, `"u"`, `1`}},
		{`{"suffix":".png"}`, []string{`"a.png"`}, []string{`"a.PNG"`, `"a.png.gz"`}},
		// Those that EventBridge has beyond it.
		{`true`, []string{`true`}, []string{`false`, `"true"`}},
		{`300`, []string{`300`, `3.0e2`, `30e+1`}, []string{`301`, `"300"`}},
		{`9007199254740993`, []string{`9007199254740993`}, []string{`9007199254740992`}},
		{`0`, []string{`-0`, `0.00`, `0e7`}, []string{`1e-400`}},
		{`{"prefix":{"equals-ignore-case":"EventB"}}`, []string{`"eventbridge"`, `"EVENTB"`}, []string{`"event"`}},
		{`{"suffix":{"equals-ignore-case":"tBridge"}}`, []string{`"EventTBRIDGE"`}, []string{`"bridge"`, `""`}},
		{`{"anything-but":123}`, []string{`124`, `"123"`}, []string{`123`, `123.0`}},
		{`{"anything-but":["stopped",100]}`, []string{`"running"`, `200`}, []string{`"stopped"`, `100`}},
		{`{"anything-but":{"prefix":"init"}}`, []string{`"done"`, `1`}, []string{`"initializing"`}},
		{`{"anything-but":{"prefix":["init","err"]}}`, []string{`"done"`}, []string{`"initializing"`, `"error"`}},
		{`{"anything-but":{"suffix":".txt"}}`, []string{`"a.png"`}, []string{`"a.txt"`}},
		{`{"anything-but":{"equals-ignore-case":["initializing","stopped"]}}`, []string{`"running"`}, []string{`"Initializing"`, `"STOPPED"`}},
		{`{"numeric":[">=",-1.5e2]}`, []string{`-150`, `0`, `1e999999999999`}, []string{`-150.01`, `-1e99999999999`}},
		{`{"numeric":["<",1]}`, []string{`0.99`, `0`, `-3`, `1e-99999999999`}, []string{`1`, `2`}},
		{`"a",{"exists":false}`, []string{`"a"`, `{}`}, []string{`"b"`}},
	}
	for _, test := range tests {
		pattern := `{"field":[` + test.operator + `]}`
		for _, value := range test.yes {
			check(t, pattern, `{"other":{"field":7},"field":`+value+`}`, true)
		}
		for _, value := range test.no {
			check(t, pattern, `{"field":`+value+`,"other":[1,{"field":7}]}`, false)
		}
		check(t, pattern, `{"other":1}`, strings.Contains(pattern, `{"exists":false}`))
	}
}

func TestMatchStructure(t *testing.T) {
	const place = `{"Location":["New York"],"Day":["Monday"]}`
	const either = `{"$or":[{"Location":["New York"]},{"Day":["Monday"]}],"City":[{"exists":false}]}`
	const nested = `{"data":{"order":{"items":[1]},"kind":["new"]}}`
	tests := []struct {
		pattern, record string
		want            bool
	}{
		{place, `{"Location":"New York","Day":"Monday","More":1}`, true},
		{place, `{"Location":"New York","Day":"Sunday"}`, false},
		{place, ` { "Day" : "Monday" , "Location" : "New York" } `, true},
		{either, `{"Location":"Paris","Day":"Monday"}`, true},
		{either, `{"Location":"New York"}`, true},
		{either, `{"Location":"New York","City":"x"}`, false},
		{either, `{"Location":"Paris"}`, false},
		{nested, `{"data":{"kind":"new","order":{"items":[3,2,1]}}}`, true},
		{nested, `{"data":{"kind":"new","order":{"items":[3,2]}}}`, false},
		{nested, `{"data":[{"kind":"old"},7,{"kind":"new","order":{"items":1}}]}`, true},
		{nested, `{"data":[{"kind":"new"},{"order":{"items":1}}]}`, false},
		{nested, `{"data":7}`, false},
		{nested, `{"data":[]}`, false},
		{nested, `[]`, false},
		{nested, `not JSON`, false},
		{nested, ``, false},
		{`{"a":{"b":[{"exists":false}]}}`, `{"a":1}`, true},
		{`{"a":{"b":[{"exists":false}]}}`, `{}`, true},
		{`{"a":{"b":[{"exists":false}]}}`, `{"a":{"b":null}}`, false},
		{`{"a":[1]}`, `{"a":2,"a":1}`, true},
		{`{"a":[1]}`, `{"a":1,"a":2}`, false},
		{`{"b\u0061r":["x"]}`, `{"bar":"x"}`, true},
		{`{"bar":["x"]}`, `{"b\u0061r":"x"}`, true},
	}
	for _, test := range tests {
		check(t, test.pattern, test.record, test.want)
	}
}

// sqsRecord is the record of the developer guide's page about filtering SQS messages, with another body.
func sqsRecord(body string) string {
	quoted, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return `{"messageId":"059f36b4-87a3-44ab-83d2-661975830a7d","receiptHandle":"AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",` +
		`"body":` + string(quoted) + `,"attributes":{"ApproximateReceiveCount":"1","SentTimestamp":"1545082649183"},` +
		`"messageAttributes":{"tenant":{"stringValue":"blue","stringListValues":[],"binaryListValues":[],"dataType":"String"}},` +
		`"md5OfBody":"e4e68fb7bd0e697a0ae8f1bb342846b3","eventSource":"aws:sqs","awsRegion":"us-west-2"}`
}

func TestMatchBody(t *testing.T) {
	const request = `{ "body" : { "RequestCode" : [ "BBBB" ] } }`
	const large = `{"body":{"RecordNumber":[{"numeric":[">",1000]}]}}`
	const plain = `{"body":[{"prefix":"Record"}]}`
	const metadata = `{"messageAttributes":{"tenant":{"stringValue":["blue"]}},"attributes":{"ApproximateReceiveCount":["1"]}}`
	jsonBody := "{\n \"RecordNumber\": 1234,\n \"TimeStamp\": \"yyyy-mm-ddThh:mm:ss\",\n \"RequestCode\": \"AAAA\"\n}"
	tests := []struct {
		pattern, body string
		want          bool
	}{
		{request, jsonBody, false},
		{request, strings.Replace(jsonBody, "AAAA", "BBBB", 1), true},
		{large, jsonBody, true},
		{large, `{"RecordNumber":999}`, false},
		{large, `Record 1234`, false}, // JSON wanted, plain text found
		{large, `1234`, false},
		{plain, `Record 1234`, true},
		{plain, `record`, false},
		{plain, `["Record"]`, false}, // plain text wanted, JSON found
		{plain, `{"Record":1}`, false},
		{`{"body":["42"]}`, `42`, true},
		{metadata, jsonBody, true},
		{metadata, `anything`, true},
		{`{"$or":[{"body":["x"]},{"body":{"x":[1]}}]}`, `x`, true},
		{`{"$or":[{"body":["x"]},{"body":{"x":[1]}}]}`, `{"x":1}`, true},
		{`{"body":{"body":["x"]}}`, `{"body":"x"}`, true},
		{`{"body":{"body":{"x":[1]}}}`, `{"body":"{\"x\":1}"}`, false}, // only the record's own body is decoded
	}
	for _, test := range tests {
		check(t, test.pattern, sqsRecord(test.body), test.want)
	}
}

func TestExplain(t *testing.T) {
	tests := []struct{ pattern, record, want string }{
		{`{"body":{"price":[{"numeric":[">",10]}]}}`, sqsRecord(`{"price":9}`), `body.price is 9, and the pattern wants [{"numeric":[">",10]}]`},
		{`{"body":{"price":[1]}}`, sqsRecord(`{}`), `body.price is missing, and the pattern wants [1]`},
		{`{"body":{"price":[1]}}`, sqsRecord(`text`), `body is plain text, and the pattern looks for JSON`},
		{`{"body":["text"]}`, sqsRecord(`[]`), `body is JSON, and the pattern looks for plain text`},
		{`{"a":{"b":["x"]}}`, `{"a":{"b":{}}}`, `a.b is an object, and the pattern wants ["x"]`},
		{`{"a":{"b":["x"]}}`, `{"a":[{"b":"y"},{"b":"z"}]}`, `a has no element that matches among 2; of the last: a.b is "z", and the pattern wants ["x"]`},
		{`{"$or":[{"a":[1]},{"b":[2]}]}`, `{}`, `the record matches none of the 2 alternatives of $or; of the last: b is missing, and the pattern wants [2]`},
		{`{"a":[1]}`, `{"a":"` + strings.Repeat("long", 30) + `"}`, `a is "` + strings.Repeat("long", 19) + `lon…, and the pattern wants [1]`},
		{`{"a":[1]}`, `{`, `the record is not JSON`},
		{`{"a":[1]}`, `{"a":1}`, ``},
	}
	for _, test := range tests {
		if got := compile(t, test.pattern).Explain([]byte(test.record)); got != test.want {
			t.Errorf("%s on %s:\n got %s\nwant %s", test.pattern, test.record, got, test.want)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	tests := []struct {
		pattern string
		code    filter.Code
		want    string
	}{
		{``, filter.CodeNotJSON, "filter pattern: it is not JSON"},
		{`{"a":[1]} x`, filter.CodeNotJSON, "filter pattern: it is not JSON"},
		{`[1]`, filter.CodeSyntax, "filter pattern: [1] is not an object"},
		{`{}`, filter.CodeSyntax, "filter pattern: an empty object matches nothing; name a field"},
		{`{"a":"x"}`, filter.CodeSyntax, `filter pattern at a: "x" stands alone; write a list: ["x"]`},
		{`{"a":{"b":[]}}`, filter.CodeSyntax, "filter pattern at a.b: an empty list matches nothing; give a value"},
		{`{"a":[1],"a":[2]}`, filter.CodeSyntax, "filter pattern at a: it is there twice"},
		{`{"a":[[1]]}`, filter.CodeSyntax, "filter pattern at a: [1] is a list inside of a list"},
		{`{"a":[{}]}`, filter.CodeSyntax, "filter pattern at a: {} needs exactly one operator"},
		{`{"a":[{"prefix":"x","suffix":"y"}]}`, filter.CodeSyntax, `filter pattern at a: {"prefix":"x","suffix":"y"} needs exactly one operator`},
		{`{"a":[{"like":"x"}]}`, filter.CodeSyntax, `filter pattern at a: there is no operator "like"; known are equals-ignore-case, prefix, suffix, numeric, exists, anything-but`},
		{`{"a":[{"wildcard":"x*y"}]}`, filter.CodeSyntax, `filter pattern at a: there is no operator "wildcard"; known are equals-ignore-case, prefix, suffix, numeric, exists, anything-but`},
		{`{"a":[{"prefix":1}]}`, filter.CodeSyntax, `filter pattern at a: "prefix" takes a string, not 1`},
		{`{"a":[{"prefix":{"suffix":"x"}}]}`, filter.CodeSyntax, `filter pattern at a: "prefix" takes a string or {"equals-ignore-case": string}`},
		{`{"a":[{"prefix":{}}]}`, filter.CodeSyntax, "filter pattern at a: {} needs exactly one operator"},
		{`{"a":[{"equals-ignore-case":{"prefix":"x"}}]}`, filter.CodeSyntax, `filter pattern at a: "equals-ignore-case" takes a string, not {"prefix":"x"}`},
		{`{"a":[{"exists":1}]}`, filter.CodeSyntax, `filter pattern at a: "exists" takes true or false`},
		{`{"a":[{"numeric":[">"]}]}`, filter.CodeSyntax, `filter pattern at a: "numeric" takes pairs of a comparison and a number, as in [">", 10, "<=", 20]`},
		{`{"a":[{"numeric":7}]}`, filter.CodeSyntax, `filter pattern at a: "numeric" takes pairs of a comparison and a number, as in [">", 10, "<=", 20]`},
		{`{"a":[{"numeric":["!=",7]}]}`, filter.CodeSyntax, `filter pattern at a: "numeric" compares with =, <, <=, > or >=, not with "!="`},
		{`{"a":[{"numeric":[">","7"]}]}`, filter.CodeSyntax, `filter pattern at a: "numeric" compares with a number, not with "7"`},
		{`{"a":[{"anything-but":[]}]}`, filter.CodeSyntax, `filter pattern at a: the list of "anything-but" is empty`},
		{`{"a":[{"anything-but":null}]}`, filter.CodeSyntax, `filter pattern at a: "anything-but" takes strings and numbers, not null`},
		{`{"a":[{"anything-but":{"numeric":["=",1]}}]}`, filter.CodeSyntax, `filter pattern at a: "anything-but" has no operator "numeric"; known are equals-ignore-case, prefix, suffix`},
		{`{"a":[{"anything-but":{"prefix":[1]}}]}`, filter.CodeSyntax, `filter pattern at a: "prefix" takes a string, not 1`},
		{`{"$or":{"a":[1]}}`, filter.CodeSyntax, "filter pattern at $or: it takes a list of objects"},
		{`{"$or":[]}`, filter.CodeSyntax, "filter pattern at $or: the list is empty"},
		{`{"a":{"$or":[7]}}`, filter.CodeSyntax, "filter pattern at a: 7 is not an object"},
		{`{"a":["` + strings.Repeat("x", filter.MaxPattern) + `"]}`, filter.CodeTooLong, "filter pattern: it has 4106 bytes; at most 4096 are allowed"},
	}
	for _, test := range tests {
		_, err := filter.Compile([]byte(test.pattern))
		if err == nil || err.Error() != test.want {
			t.Errorf("%.60s:\n got %v\nwant %s", test.pattern, err, test.want)
		}
		if !errors.Is(err, &filter.Error{Code: test.code}) {
			t.Errorf("%.60s: %v has not the code %s", test.pattern, err, test.code)
		}
	}
}

func TestPatternKeepsNothingOfItsSource(t *testing.T) {
	source := []byte(`{"a":["x",1,{"prefix":"yy"}]}`)
	p, err := filter.Compile(source)
	if err != nil {
		t.Fatal(err)
	}
	clear(source)
	for _, value := range []string{`"x"`, `1`, `"yyz"`} {
		if record := `{"a":` + value + `}`; !p.Match([]byte(record)) {
			t.Errorf("%s does not match", record)
		}
	}
	if p.String() != `{"a":["x",1,{"prefix":"yy"}]}` {
		t.Errorf("the pattern is now %s", p)
	}
}

func ExamplePattern_Explain() {
	p, err := filter.Compile([]byte(`{"body": {"price": [{"numeric": [">", 100]}]}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Match([]byte(`{"body": "{\"price\": 150}"}`)))
	fmt.Println(p.Explain([]byte(`{"body": "{\"price\": 50}"}`)))
	// Output:
	// true
	// body.price is 50, and the pattern wants [{"numeric": [">", 100]}]
}

func BenchmarkMatch(b *testing.B) {
	p := compile(b, `{"body":{"RecordNumber":[{"numeric":[">",1000]}],"RequestCode":["AAAA"]}}`)
	record := []byte(sqsRecord(`{"RecordNumber":1234,"RequestCode":"AAAA","text":"` + strings.Repeat("x", 900) + `"}`))
	b.SetBytes(int64(len(record)))
	b.ReportAllocs()
	for b.Loop() {
		if !p.Match(record) {
			b.Fatal("no match")
		}
	}
}
