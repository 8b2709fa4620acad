package mail

import (
	"io"

	"github.com/emersion/go-imap/v2/imapclient"
)

// collect reads one mail's answer to FETCH. No more than limit bytes are kept,
// whatever the server sends.
func collect(msg *imapclient.FetchMessageData, limit int64) (uid uint32, data []byte, err error) {
	for item := msg.Next(); item != nil; item = msg.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			uid = uint32(item.UID)
		case imapclient.FetchItemDataBodySection:
			if item.Literal == nil {
				continue
			}
			if data, err = io.ReadAll(io.LimitReader(item.Literal, limit)); err != nil {
				return uid, nil, err
			}
			if data == nil {
				data = []byte{}
			}
			if _, err := io.Copy(io.Discard, item.Literal); err != nil {
				return uid, nil, err
			}
		}
	}
	return uid, data, nil
}
