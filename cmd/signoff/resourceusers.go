package main

import "context"

// resourceUsers tells what signs in with tokens of an OAuth resource: services,
// and the mailboxes that mail goes by.
func (s *server) resourceUsers(ctx context.Context, resource string) ([]string, error) {
	services, err := s.services.UsersOf(ctx, resource)
	if err != nil {
		return nil, err
	}
	mailboxes, err := s.post.connections.UsersOf(ctx, resource)
	return append(services, mailboxes...), err
}
