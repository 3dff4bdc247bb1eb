package function

import (
	"testing"
	"testing/synctest"
)

// Virtual time stands still: everything happens in the same millisecond.
func TestAChangeRightAfterAVersionIsPublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &Function{Next: 1}
		f.touch()
		if number, fresh := f.publish(""); number != 1 || !fresh {
			t.Fatalf("version %d (%t)", number, fresh)
		}
		f.touch()
		f.Latest.Config.Description = "changed"
		if number, fresh := f.publish(""); number != 2 || !fresh {
			t.Errorf("published as version %d (%t), want 2", number, fresh)
		}
		if number, fresh := f.publish(""); number != 2 || fresh {
			t.Errorf("published again as version %d (%t)", number, fresh)
		}
	})
}
