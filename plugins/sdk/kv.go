package queuelet

import "github.com/queuelet/queuelet/plugins/abi"

// Get returns the value of a key in the function's bucket and its revision. The error wraps [abi.NotFound] if the key has
// none.
func Get(key string) (value []byte, revision uint64, err error) {
	var response abi.RevisionResponse
	value, err = Call(abi.OpKVGet, abi.KeyRequest{Key: key}, nil, &response)
	return value, response.Revision, err
}

// Put sets the value of a key and returns its revision.
func Put(key string, value []byte) (revision uint64, err error) {
	return change(abi.OpKVPut, abi.KeyRequest{Key: key}, value)
}

// Create is [Put] for a key that has no value, else the error wraps [abi.Conflict].
func Create(key string, value []byte) (revision uint64, err error) {
	return change(abi.OpKVCreate, abi.KeyRequest{Key: key}, value)
}

// Update is [Put] for a key whose last revision is the one given, else the error wraps [abi.Conflict].
func Update(key string, value []byte, last uint64) (revision uint64, err error) {
	return change(abi.OpKVUpdate, abi.KeyRequest{Key: key, Revision: last}, value)
}

// Delete deletes a key. If a last revision is given and is not, the error wraps [abi.Conflict]; 0 stands for any.
func Delete(key string, last uint64) error {
	_, err := Call(abi.OpKVDelete, abi.KeyRequest{Key: key, Revision: last}, nil, nil)
	return err
}

// Keys returns, in order, the keys that begin with the parts of a prefix; all if it is empty.
func Keys(prefix string) ([]string, error) {
	var response abi.KeysResponse
	_, err := Call(abi.OpKVKeys, abi.KeysRequest{Prefix: prefix}, nil, &response)
	return response.Keys, err
}

func change(operation string, request abi.KeyRequest, value []byte) (uint64, error) {
	var response abi.RevisionResponse
	_, err := Call(operation, request, value, &response)
	return response.Revision, err
}
