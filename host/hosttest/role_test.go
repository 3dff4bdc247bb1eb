package hosttest_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/queuelet/queuelet/host/hosttest"
	"github.com/queuelet/queuelet/plugins/abi"
	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

const roleConfig = twoAccounts + `
queues: [{name: results}, {name: results, account_id: "222222222222"}]
roles:
  - {name: worker, grants: {queues: [results], kv: {quota: 1MiB}}}
  - {name: sender, grants: {queues: [results]}}
`

const (
	workerRole = "arn:aws:iam::111111111111:role/service-role/worker"
	senderRole = "arn:aws:iam::111111111111:role/sender"
)

// ask is an operation that a guest asks the host for.
type ask struct{ name, header string }

// asking is a module that asks the host for operations and replies with a list of what was done, 1, and what was not, 0.
func asking(asks ...ask) []byte {
	const replyAt, namesAt, framesAt, step = 8, 64, 1024, 256
	m := &as.Module{}
	i32 := func(n int) []byte { return bytes.Repeat([]byte{as.I32}, n) }
	reply := m.Import(abi.Module, abi.ImportEventReply, as.Type{Params: i32(2), Results: i32(1)})
	call := m.Import(abi.Module, abi.ImportCall, as.Type{Params: i32(4), Results: i32(1)})
	m.Memory(400, -1) // more than the least that a function can have
	list := "[" + strings.Join(slices.Repeat([]string{"0"}, len(asks)), ",") + "]"
	m.Data(replyAt, []byte(list))
	var code []byte
	for n, ask := range asks {
		frame := abi.AppendFrame(nil, []byte(ask.header), []byte("asked for"))
		nameAt, frameAt := int32(namesAt+n*step), int32(framesAt+n*step)
		m.Data(nameAt, []byte(ask.name))
		m.Data(frameAt, frame)
		notNegative, add, store := []byte{0x41, 0, 0x4e}, []byte{0x6a}, []byte{0x3a, 0, 0}
		code = bytes.Join([][]byte{
			code, as.I32Const(int32(replyAt + 1 + 2*n)),
			as.I32Const(nameAt), as.I32Const(int32(len(ask.name))), as.I32Const(frameAt), as.I32Const(int32(len(frame))), as.Call(call),
			notNegative, as.I32Const('0'), add, store,
		}, nil)
	}
	m.Func(abi.ExportHandle, as.Type{Params: i32(1), Results: i32(1)}, nil,
		code, as.I32Const(replyAt), as.I32Const(int32(len(list))), as.Call(reply), as.Drop, as.I32Const(0))
	return m.Bytes()
}

// TestLambdaRoles grants deployed functions what their roles are granted.
func TestLambdaRoles(t *testing.T) {
	server := hosttest.Start(t, hosttest.Config(roleConfig))
	keys := server.Host.Config().SQS.Auth.Credentials
	one, two := server.LambdaAs(keys[0]), server.LambdaAs(keys[1])
	zip := zipped(t, asking(ask{abi.OpKVPut, `{"key":"put"}`}, ask{abi.OpKVCreate, `{"key":"created"}`}, ask{abi.OpQueueSend, `{"queue":"results"}`}))
	deploy := func(c *lambda.Client, name, role string) {
		t.Helper()
		createWithRole(t, c, name, role, zip)
	}
	assume := func(name, role string) {
		t.Helper()
		if _, err := one.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: &name, Role: &role}); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(what string, c *lambda.Client, name, want string) {
		t.Helper()
		out, err := c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &name})
		if err != nil || string(out.Payload) != want {
			t.Errorf("%s: %s could do %s, %v; want %s", what, name, out.Payload, err, want)
		}
	}
	deploy(one, "worker", workerRole)
	expect("with the role", one, "worker", "[1,1,1]")
	deploy(one, "other", "arn:aws:iam::111111111111:role/made-up")
	expect("with a role that is not configured", one, "other", "[0,0,0]")
	deploy(one, "again", "arn:aws:iam::111111111111:role/made-up")
	deploy(one, "plain", "worker")
	expect("with a name in place of an ARN", one, "plain", "[0,0,0]")
	deploy(two, "worker", workerRole)
	expect("with a role of another account", two, "worker", "[0,0,0]")
	deploy(two, "same", strings.Replace(workerRole, "111111111111", "222222222222", 1))
	expect("with a role of that name in its account", two, "same", "[0,0,0]")

	// A version keeps the role that it was published with, and shares keys and values with the others.
	version := publish(t, one, "worker")
	assume("worker", senderRole)
	expect("with another role", one, "worker", "[0,0,1]")
	expect("published before", one, "worker:"+version, "[1,0,1]")
	assume("other", workerRole)
	expect("with the role at last", one, "other", "[1,1,1]")

	// A change that does not start leaves the function with the role that it had.
	_, err := one.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{
		FunctionName: aws.String("worker"), Role: aws.String(workerRole), MemorySize: aws.Int32(16),
	})
	if got := errorCode(err); got != "InvalidParameterValueException" {
		t.Errorf("less memory than the module begins with: %s", got)
	}
	expect("after a change that failed", one, "worker", "[0,0,1]")

	if err := server.Reload(strings.Replace(roleConfig, "kv: {quota: 1MiB}", "extend: true", 1)); err != nil {
		t.Fatal(err)
	}
	expect("after a grant is gone", one, "worker:"+version, "[0,0,1]")
	if err := server.Reload(strings.Replace(roleConfig, "name: sender, grants: {", "name: sender, grants: {kv: {quota: 1MiB}, ", 1)); err != nil {
		t.Fatal(err)
	}
	expect("after more is granted", one, "worker", "[1,0,1]")

	mustReceive(t, v2{server.SQSAs(keys[0])}, server.URL()+"/111111111111/results", 7, receive{})
	mustBeEmpty(t, v2{server.SQSAs(keys[1])}, server.URL()+"/222222222222/results")
	for text, want := range map[string]int{
		"role grants nothing":                                          2 + 1 + 1, // made-up once for two functions, and the one of account two
		"is not configured; add it to roles":                           2,
		"is no ARN of one; write arn:aws:iam::111111111111:role/NAME":  1,
		"belongs to another account; name one of account 222222222222": 1,
	} {
		if n := strings.Count(server.Log(), text); n != want {
			t.Errorf("the log has %q %d times, want %d", text, n, want)
		}
	}
}

func createWithRole(t testing.TB, c *lambda.Client, name, role string, zip []byte) {
	t.Helper()
	_, err := c.CreateFunction(t.Context(), &lambda.CreateFunctionInput{
		FunctionName: &name, Runtime: types.RuntimeProvidedal2023, Role: &role, Timeout: aws.Int32(60), Code: &types.FunctionCode{ZipFile: zip},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestRoleOfARetiredVersion moves an alias to another version, and then deletes the function, while the version before works
// on something.
func TestRoleOfARetiredVersion(t *testing.T) {
	begun, proceed := make(chan struct{}), make(chan struct{})
	web := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		begun <- struct{}{}
		<-proceed
	}))
	defer web.Close()
	server := hosttest.Start(t, hosttest.Config("queues: [{name: results}]\n"+
		"roles: [{name: worker, grants: {queues: [results], http: ['"+strings.TrimPrefix(web.URL, "http://")+"']}}]"))
	c := server.Lambda()
	name, live := aws.String("worker"), aws.String("live")
	createWithRole(t, c, "worker", "arn:aws:iam::000000000000:role/worker",
		zipped(t, asking(ask{abi.OpHTTPFetch, `{"url":"` + web.URL + `"}`}, ask{abi.OpQueueSend, `{"queue":"results"}`})))
	one := publish(t, c, "worker")
	if _, err := c.CreateAlias(t.Context(), &lambda.CreateAliasInput{FunctionName: name, Name: live, FunctionVersion: &one}); err != nil {
		t.Fatal(err)
	}
	invoke := func(want string) (wait func()) {
		answer := make(chan string, 1)
		go func() {
			out, err := c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name, Qualifier: live})
			if err != nil {
				answer <- err.Error()
				return
			}
			answer <- string(out.Payload)
		}()
		<-begun
		return func() {
			t.Helper()
			proceed <- struct{}{}
			if got := <-answer; got != want {
				t.Errorf("the version could do %s, want %s", got, want)
			}
		}
	}
	wait := invoke("[1,1]")
	if _, err := c.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: name, Timeout: aws.Int32(59)}); err != nil {
		t.Fatal(err)
	}
	two := publish(t, c, "worker")
	if _, err := c.UpdateAlias(t.Context(), &lambda.UpdateAliasInput{FunctionName: name, Name: live, FunctionVersion: &two}); err != nil {
		t.Fatal(err)
	}
	wait()

	wait = invoke("[1,0]")
	if _, err := c.DeleteFunction(t.Context(), &lambda.DeleteFunctionInput{FunctionName: name}); err != nil {
		t.Fatal(err)
	}
	wait()
}
