package jetstream_test

import (
	"testing"

	"github.com/queuelet/queuelet/jetstream/jetstreamtest"
)

func TestConformance(t *testing.T) {
	for name, open := range map[string]jetstreamtest.Opener{"bodies in memory": open, "bodies on disk": openStarved} {
		t.Run(name, func(t *testing.T) { jetstreamtest.Exercise(t, open) })
	}
}
