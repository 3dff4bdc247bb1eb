package sigauth

import (
	"bytes"
	"fmt"
	"math"
	"net/http"
	"runtime"
	"strings"
	"testing"
)

// TestHostileSizes: whatever shape a stranger gives half a mebibyte, refusing it takes memory in proportion.
func TestHostileSizes(t *testing.T) {
	const size = 512 << 10
	const scope = "AKIDEXAMPLE/20150830/us-east-1/sqs/aws4_request"
	authorize := func(list string) string {
		return algorithm + " Credential=" + scope + ", SignedHeaders=" + list + ", Signature=" + strings.Repeat("0", 64)
	}
	shapes := map[string]func(r *http.Request){
		"one signed header many times": func(r *http.Request) {
			r.Header.Set("X-Long", strings.Repeat("x", size/2))
			r.Header.Set("Authorization", authorize("host;x-amz-date"+strings.Repeat(";x-long", size/2/len(";x-long"))))
		},
		"many signed headers": func(r *http.Request) {
			list := []string{"host", "x-amz-date"}
			for i := range size / 32 {
				name := fmt.Sprintf("X-Amz-%d", i)
				r.Header.Set(name, "1")
				list = append(list, strings.ToLower(name))
			}
			r.Header.Set("Authorization", authorize(strings.Join(list, ";")))
		},
		"many unsigned headers": func(r *http.Request) {
			for i := range size / 16 {
				r.Header.Set(fmt.Sprintf("X-Amz-%d", i), "1")
			}
			r.Header.Set("Authorization", authorize("host;x-amz-date"))
		},
		"many parts": func(r *http.Request) {
			r.Header.Set("Authorization", algorithm+strings.Repeat(" a=b,", size/5))
		},
		"a part without equal-sign": func(r *http.Request) {
			r.Header.Set("Authorization", algorithm+" "+strings.Repeat("a", size))
		},
		"many slashes": func(r *http.Request) {
			r.Header.Set("Authorization", algorithm+" Credential="+strings.Repeat("/", size)+
				",SignedHeaders=host;x-amz-date,Signature=0")
		},
		"many parameters": func(r *http.Request) {
			r.URL.RawQuery = strings.Repeat("a&", size/2)
			r.Header.Set("Authorization", authorize("host;x-amz-date"))
		},
		"bytes to be escaped": func(r *http.Request) {
			r.URL.RawQuery = strings.Repeat("\xff", size/2)
			r.URL.RawPath = "/" + strings.Repeat("\xff", size/2)
			r.Header.Set("Authorization", authorize("host;x-amz-date"))
		},
		"path up and down": func(r *http.Request) {
			r.URL.RawPath = strings.Repeat("/a/..", size/5)
			r.Header.Set("Authorization", authorize("host;x-amz-date"))
		},
		"blanks": func(r *http.Request) {
			r.Header.Set("X-Blank", strings.Repeat("a ", size/2))
			r.Header.Set("Authorization", authorize("host;x-amz-date;x-blank"))
		},
	}
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			r := request(http.MethodPost, "/", nil)
			r.Header.Set("X-Amz-Date", "20150830T123600Z")
			shape(r)
			verifier := newVerifier(t, Options{Explain: true}, testCredential())
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := verifier.Verify(r, nil)
			runtime.ReadMemStats(&after)
			refusalOf(t, err)
			// Growing a buffer to three times the request by doubling takes some six times that, and each spelling of the
			// host, the explanation and its scratch do so again.
			if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 40*size {
				t.Errorf("%d bytes allocated, %.1f for each byte sent", allocated, float64(allocated)/size)
			}
			if kept := cap(verifier.scratch.Get().(*scratch).request); kept > 64<<10 {
				t.Errorf("%d bytes kept", kept)
			}
		})
	}
}

// TestAllocations holds the budget of a verification.
func TestAllocations(t *testing.T) {
	body := bytes.Repeat([]byte("x"), 1024)
	r := jsonRequest(t, body, vectorTime())
	verifier := newVerifier(t, Options{}, testCredential())
	allocations := math.Inf(1)
	for range 100 { // the race detector makes pools forget at random: the best run counts
		allocations = min(allocations, testing.AllocsPerRun(1, func() {
			if _, err := verifier.Verify(r, body); err != nil {
				t.Fatal(err)
			}
		}))
	}
	if allocations > 12 {
		t.Errorf("%v allocations, want at most 12", allocations)
	}
}
