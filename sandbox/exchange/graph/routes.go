package graph

import "net/http"

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
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(http.StatusBadRequest, "BadRequest", "Resource not found for the segment '%s'.", r.URL.Path[1:]).write(w, r, s.x.Now())
	})
}
