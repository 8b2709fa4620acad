package client

import (
	"context"
	"net/http"

	"github.com/signoffhq/signoff/api"
)

// DoctorToken says what is wrong with a token or with anything pasted in its
// place. The server keeps nothing of it.
func (c *Client) DoctorToken(ctx context.Context, text string) (d api.Diagnosis, err error) {
	return d, c.send(ctx, http.MethodPost, "/doctor/token", api.Pasted{Text: text}, "", &d)
}

// DoctorEntra asks every provider that is trusted or signs people in.
func (c *Client) DoctorEntra(ctx context.Context) (d api.Diagnosis, err error) {
	return d, c.get(ctx, "/doctor/entra", nil, &d)
}

// DoctorRegistrations also reads the registrations in Entra, with the
// credentials given.
func (c *Client) DoctorRegistrations(ctx context.Context, in api.Registrations) (d api.Diagnosis, err error) {
	return d, c.send(ctx, http.MethodPost, "/doctor/entra", in, "", &d)
}
