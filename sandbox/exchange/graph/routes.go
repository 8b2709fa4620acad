package graph

func (s *Server) routes() {
	s.routeMessages()
	s.routeFolders()
	s.routeAttachments()
	s.routeSettings()
	s.routeCalendar()
	s.routeOutlook()
	s.routePlaces()
	s.routeTasks()
	s.routeContacts()
	s.routeSubscriptions()
	s.on("POST /$batch", anybody, batch)
	s.mux.HandleFunc("/", s.unknown)
}
