package odata_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/broker/catalogue"
	"github.com/signoffhq/signoff/httpapi"
	"github.com/signoffhq/signoff/httpapi/apitest"
	"github.com/signoffhq/signoff/httpapi/odata"
	"github.com/signoffhq/signoff/seal"
)

// shop is a service type with orders: 1 to 30, and what is added.
type shop struct {
	mu     sync.Mutex
	orders map[int]map[string]any
	calls  []broker.Call
	pages  int // rows in a page of the provider
	counts bool
	never  bool // it answers nothing
}

func (*shop) About() broker.About {
	return broker.About{Name: "shop", Title: "Shop", Text: "Sells.", Modes: []broker.Mode{broker.NoSignIn}}
}

func (s *shop) Open(broker.Instance) (broker.Provider, error) { return s, nil }
func (s *shop) Close() error                                  { return nil }
func (s *shop) Test(context.Context, broker.Principal) []broker.Step {
	return nil
}

func (s *shop) Objects(context.Context) ([]broker.Object, error) {
	all := []string{"id", "customer", "total", "paid", "placed", "due", "tags", "note", "bill"}
	key := []broker.Input{{Name: "id", Required: true}}
	return []broker.Object{
		{Name: "Order", Title: "Order & more", Properties: []broker.Property{
			{Name: "id", Title: "Number", Type: broker.Number, Key: true}, {Name: "customer", Title: "Customer", Type: broker.Text},
			{Name: "total", Title: "Total", Type: broker.Number}, {Name: "paid", Title: "Paid", Type: broker.YesNo},
			{Name: "placed", Title: "Placed", Type: broker.Moment}, {Name: "due", Title: "Due", Type: broker.Date},
			{Name: "tags", Title: "Tags", Type: broker.Text, List: true}, {Name: "note", Title: "Note", Type: broker.JSON}, {Name: "bill", Title: "Bill", Type: broker.File}},
			Methods: []broker.Method{
				{Name: "list", Title: "List", Kind: broker.List, Inputs: []broker.Input{{Name: "shop", Type: broker.Text}}, Outputs: all},
				{Name: "load", Title: "Load", Kind: broker.Read, Inputs: key, Outputs: all},
				{Name: "create", Title: "Create", Kind: broker.Create, Inputs: []broker.Input{{Name: "customer", Required: true}, {Name: "total"}, {Name: "tags"}, {Name: "note"}}, Outputs: []string{"id"}},
				{Name: "update", Title: "Update", Kind: broker.Update, Inputs: append(slices.Clone(key), broker.Input{Name: "customer"}, broker.Input{Name: "paid"}), Outputs: all},
				{Name: "delete", Title: "Delete", Kind: broker.Delete, Inputs: key},
				{Name: "ship", Title: "Ship", Kind: broker.Execute, Inputs: append(slices.Clone(key), broker.Input{Name: "express", Type: broker.YesNo, Text: "at once"}), Outputs: []string{"id", "customer"}},
				{Name: "audit", Title: "Audit", Kind: broker.List, Outputs: []string{"id"}},
			}},
		{Name: "Till", Title: "Till", Properties: []broker.Property{{Name: "name", Title: "Name", Type: broker.Text}, {Name: "sum", Title: "Sum", Type: broker.Number}},
			Methods: []broker.Method{{Name: "list", Title: "List", Kind: broker.List, Outputs: []string{"name", "sum"}}, {Name: "close", Title: "Close", Kind: broker.Execute}}},
	}, nil
}

func (s *shop) Call(ctx context.Context, c broker.Call) (broker.Result, error) {
	if s.never {
		<-ctx.Done()
		return broker.Result{}, ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, c)
	id := 0
	if n, ok := c.Inputs["id"].(json.Number); ok {
		id, _ = strconv.Atoi(n.String())
	}
	switch c.Object + "." + c.Method {
	case "Order.list":
		return s.list(c), nil
	case "Order.load":
		return broker.Result{Row: s.orders[id]}, nil
	case "Order.create":
		id = len(s.orders) + 1
		s.orders[id] = map[string]any{"id": json.Number(strconv.Itoa(id))}
		for k, v := range c.Inputs {
			s.orders[id][k] = v
		}
		return broker.Result{Row: map[string]any{"id": json.Number(strconv.Itoa(id))}}, nil
	case "Order.update":
		for k, v := range c.Inputs {
			s.orders[id][k] = v
		}
		return broker.Result{Row: s.orders[id]}, nil
	case "Order.delete":
		delete(s.orders, id)
		return broker.Result{}, nil
	case "Order.ship":
		return broker.Result{Row: map[string]any{"id": c.Inputs["id"], "customer": fmt.Sprint(c.Inputs["express"])}}, nil
	case "Order.audit":
		return broker.Result{Rows: []map[string]any{{"id": json.Number("7")}}}, nil
	case "Till.list":
		return broker.Result{Rows: []map[string]any{{"name": "front", "sum": json.Number("12.50")}, {"name": "b/a'c k", "sum": "odd"}}, Unfiltered: true}, nil
	}
	return broker.Result{}, nil
}

func (s *shop) list(c broker.Call) broker.Result {
	var ids []int
	for id := range s.orders {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	total := len(ids)
	from, _ := strconv.Atoi(c.After)
	to := min(from+s.pages, len(ids))
	r := broker.Result{Rows: []map[string]any{}, Unfiltered: !s.counts}
	for _, id := range ids[min(from, to):to] {
		r.Rows = append(r.Rows, s.orders[id])
	}
	if to < len(ids) {
		r.Next = strconv.Itoa(to)
	}
	if c.Count && s.counts {
		r.Total = &total
	}
	return r
}

func newShop() *shop {
	s := &shop{orders: map[int]map[string]any{}, pages: 7}
	for i := 1; i <= 30; i++ {
		row := map[string]any{"id": json.Number(strconv.Itoa(i)), "customer": []string{"Ana", "Bob", "O'Hara"}[i%3], "total": json.Number(strconv.Itoa(i*10) + ".50"),
			"paid": i%2 == 0, "placed": fmt.Sprintf("2026-11-%02dT10:00:00Z", i), "tags": []any{"t" + strconv.Itoa(i%4), "all"}, "note": map[string]any{"n": json.Number(strconv.Itoa(i))}}
		if i > 25 {
			row["due"] = "2026-12-24"
		}
		s.orders[i] = row
	}
	return s
}

// world is a server with the service "shop", which ana may use.
func world(t testing.TB) (*apitest.World, *shop) {
	t.Helper()
	s := newShop()
	w := apitest.Start(t, func(h *httpapi.Server) {
		must(t, h.Services.Close())
		h.Services = catalogue.Open(catalogue.Options{Store: h.Runner.Store, Key: seal.NewKey(), Types: []broker.Type{s}, Log: h.Log})
		h.OData = &odata.Server{HTTP: h}
		h.Public = ""
	})
	t.Cleanup(func() { must(t, w.API.Services.Close()) })
	ctx := t.Context()
	admin := w.Caller(t, "admin")
	_, err := w.API.Services.Create(ctx, admin, catalogue.Settings{Name: "shop", Title: "The shop", Type: "shop", Mode: broker.NoSignIn})
	must(t, err)
	_, err = w.API.Services.Refresh(ctx, admin, "shop", catalogue.Ask{Apply: true})
	must(t, err)
	must(t, w.API.Services.ChangeGrants(ctx, admin, "shop", func([]access.Grant) ([]access.Grant, error) {
		return []access.Grant{{Who: w.Caller(t, "ana").Principal, Right: access.Use}}, nil
	}))
	return w, s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ask sends a request as ana unless headers say otherwise.
func ask(t testing.TB, w *apitest.World, method, path, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = w.URL + "/api/odata/v4/" + path
	}
	path = strings.ReplaceAll(path, " ", "%20")
	r, err := http.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	must(t, err)
	r.SetBasicAuth("ana", apitest.Password)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	a, err := http.DefaultClient.Do(r)
	must(t, err)
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	must(t, err)
	return a, string(text)
}

type page struct {
	Context string           `json:"@odata.context"`
	Count   *int             `json:"@odata.count"`
	Next    string           `json:"@odata.nextLink"`
	Value   []map[string]any `json:"value"`
}

func list(t testing.TB, w *apitest.World, path string, headers ...string) page {
	t.Helper()
	a, text := ask(t, w, "GET", path, "", headers...)
	if a.StatusCode != 200 {
		t.Fatalf("%s: %d %s", path, a.StatusCode, text)
	}
	var p page
	must(t, json.Unmarshal([]byte(text), &p))
	return p
}

func (p page) ids() string {
	var out []string
	for _, row := range p.Value {
		out = append(out, fmt.Sprint(row["id"]))
	}
	return strings.Join(out, " ")
}

func TestListsAreFilteredSortedAndPaged(t *testing.T) {
	w, shop := world(t)
	for query, want := range map[string]string{
		"$top=3":           "1 2 3",
		"$skip=28":         "29 30",
		"$skip=5&$top=2":   "6 7",
		"$top=0":           "",
		"$filter=id gt 27": "28 29 30",
		"$filter=27 lt id": "28 29 30",
		"$filter=customer eq 'O''Hara' and id le 8":            "2 5 8",
		"$filter=(id eq 1 or id eq 4) and not (id eq 4)":       "1",
		"$filter=not paid and id lt 6":                         "1 3 5",
		"$filter=paid eq true and id lt 6":                     "2 4",
		"$filter=startswith(customer,'An') and id lt 7":        "3 6",
		"$filter=contains(customer,'ob') eq true and id lt 7":  "1 4",
		"$filter=endswith(customer,'ob') eq false and id lt 4": "2 3",
		"$filter=id in (3,5,99)":                               "3 5",
		"$filter=placed ge 2026-11-29T00:00:00Z":               "29 30",
		"$filter=placed ge 2026-11-29T12:00%2B02:00":           "29 30",
		"$filter=placed ge 2026-11-29T12:00+02:00":             "29 30",
		"$filter=due eq 2026-12-24":                            "26 27 28 29 30",
		"$filter=due ne null and id gt 28":                     "29 30",
		"$filter=tags/any(t:t eq 't1') and id lt 10":           "1 5 9",
		"$filter=tags/any(t: t in ('t1','t2')) and id lt 6":    "1 2 5",
		"$orderby=id desc&$top=3":                              "30 29 28",
		"$orderby=customer asc,id desc&$top=2":                 "30 27",
		"$orderby=due desc,id&$top=2":                          "26 27",
		"$orderby=due,id&$top=2":                               "1 2",
		"$filter=paid&$orderby=total desc&$top=2&$skip=1":      "28 26",
		"$filter=shop eq 'x' and id eq 2":                      "2",
	} {
		if got := list(t, w, "shop_Order?"+query).ids(); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	if last := shop.calls[len(shop.calls)-1]; last.By == "" {
		t.Error("a call was in nobody's name")
	}
	list(t, w, "shop_Order?$top=1&shop=north")
	if last := shop.calls[len(shop.calls)-1]; last.Inputs["shop"] != "north" {
		t.Errorf("a parameter of the method: %v", last.Inputs)
	}
}

func TestNextLinksLeadThroughTheWholeListOnce(t *testing.T) {
	w, shop := world(t)
	for _, counts := range []bool{false, true} {
		shop.counts = counts
		for query, want := range map[string]int{"": 30, "?$orderby=total desc": 30, "?$skip=4": 26, "?$top=17": 17, "?$select=id&$count=true": 30, "?$top=17&$skip=3&$orderby=id desc": 17} {
			seen := map[string]bool{}
			next, pages := "shop_Order"+query, 0
			for next != "" {
				p := list(t, w, next, "Prefer", "odata.maxpagesize=4")
				if len(p.Value) > 4 || len(p.Value) == 0 && p.Next != "" {
					t.Fatalf("%s: a page of %d", query, len(p.Value))
				}
				if strings.Contains(query, "$count") && (p.Count == nil || *p.Count != 30) {
					t.Errorf("%s: count %v", query, p.Count)
				}
				for _, row := range p.Value {
					id := fmt.Sprint(row["id"])
					if seen[id] {
						t.Errorf("%s: %s comes twice", query, id)
					}
					seen[id] = true
				}
				next = p.Next
				if pages++; pages > 40 {
					t.Fatal("it has no end")
				}
			}
			if len(seen) != want {
				t.Errorf("%q: %d rows, want %d", query, len(seen), want)
			}
		}
	}
}

func TestCountsAreOfAllThatTheFilterFinds(t *testing.T) {
	w, _ := world(t)
	if p := list(t, w, "shop_Order?$count=true&$top=2&$filter=paid"); p.Count == nil || *p.Count != 15 || len(p.Value) != 2 {
		t.Errorf("%+v", p)
	}
	a, text := ask(t, w, "GET", "shop_Order/$count?$filter=id gt 20", "")
	if a.StatusCode != 200 || text != "10" || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("%d %s", a.StatusCode, text)
	}
}

func TestAnAnswerIsGivenUpInTime(t *testing.T) {
	w, shop := world(t)
	w.API.OData.(*odata.Server).Within = 50 * time.Millisecond
	shop.never = true
	for _, path := range []string{"shop_Order", "shop_Order/$count", "shop_Order(1)"} {
		if a, text := ask(t, w, "GET", path, ""); a.StatusCode != http.StatusServiceUnavailable || !strings.Contains(text, "service-busy") {
			t.Errorf("%s: %d %s", path, a.StatusCode, text)
		}
	}
}

func TestValuesComeInTheirTypes(t *testing.T) {
	w, _ := world(t)
	a, text := ask(t, w, "GET", "shop_Order(30)", "")
	want := `{"@odata.context":"` + w.URL + `/api/odata/v4/$metadata#shop_Order/$entity","id":30,"customer":"Ana","total":300.50,"paid":true,"placed":"2026-11-30T10:00:00Z",` +
		`"due":"2026-12-24","tags":["t2","all"],"note":"{\"n\":30}","bill":null}`
	if strings.TrimSpace(text) != want || a.Header.Get("OData-Version") != "4.0" {
		t.Errorf("%s\nwant\n%s", text, want)
	}
	if _, text = ask(t, w, "GET", "shop_Order(id=2)?$select=customer", ""); !strings.Contains(text, `#shop_Order(customer)/$entity","customer":"O'Hara"}`) {
		t.Error(text)
	}
	if _, text = ask(t, w, "GET", "shop_Order(2)/customer", ""); !strings.Contains(text, `#shop_Order(2)/customer","value":"O'Hara"`) {
		t.Error(text)
	}
	if _, text = ask(t, w, "GET", "shop_Order(2)/customer/$value", ""); text != "O'Hara" {
		t.Error(text)
	}
	if a, _ = ask(t, w, "GET", "shop_Order(2)/due", ""); a.StatusCode != 204 {
		t.Errorf("nothing: %d", a.StatusCode)
	}
	// without a read method the list is asked, and a number that is none is null
	if _, text = ask(t, w, "GET", "shop_Till('"+url.PathEscape("b/a''c k")+"')", ""); !strings.Contains(text, `"name":"b/a'c k","sum":null`) {
		t.Error(text)
	}
	if a, _ = ask(t, w, "GET", "shop_Till('none')", ""); a.StatusCode != 404 {
		t.Errorf("nothing with that key: %d", a.StatusCode)
	}
}

func TestAClientHasAsMuchMetadataAsItWants(t *testing.T) {
	w, _ := world(t)
	order := func(form string) string {
		t.Helper()
		a, text := ask(t, w, "GET", "shop_Order(30)?$select=id,total,placed,tags,bill", "", "Accept", form)
		if a.StatusCode != 200 {
			t.Errorf("%s: %d %s", form, a.StatusCode, text)
		}
		return a.Header.Get("Content-Type") + "\n" + strings.TrimSpace(text)
	}
	at := w.URL + "/api/odata/v4/"
	context := `"@odata.context":"` + at + `$metadata#shop_Order(id,total,placed,tags,bill)/$entity",`
	bare := `"id":30,"total":300.50,"placed":"2026-11-30T10:00:00Z","tags":["t2","all"],"bill":null}`
	for form, want := range map[string]string{
		"":                                     "minimal;charset=utf-8\n{" + context + bare,
		"text/html,*/*;q=0.8":                  "minimal;charset=utf-8\n{" + context + bare,
		"application/json;odata.metadata=none": "none;charset=utf-8\n{" + bare,
		"application/json;metadata=none":       "none;charset=utf-8\n{" + bare,
		"application/json;odata.metadata=full;q=0.5, application/json;odata.metadata=none;q=0.9": "none;charset=utf-8\n{" + bare,
		"application/json;odata.streaming=true;IEEE754Compatible=true": "minimal;IEEE754Compatible=true;charset=utf-8\n{" + context +
			`"id":"30","total":"300.50","placed":"2026-11-30T10:00:00Z","tags":["t2","all"],"bill":null}`,
		"application/json;odata.metadata=full": "full;charset=utf-8\n{" + context + `"@odata.type":"#signoff.shop_Order","@odata.id":"` + at + `shop_Order(30)","@odata.editLink":"` + at + `shop_Order(30)",` +
			`"id@odata.type":"#Decimal","id":30,"total@odata.type":"#Decimal","total":300.50,"placed@odata.type":"#DateTimeOffset","placed":"2026-11-30T10:00:00Z",` +
			`"tags@odata.type":"#Collection(String)","tags":["t2","all"],"bill":null}`,
	} {
		if got := order(form); got != "application/json;odata.metadata="+want {
			t.Errorf("%s:\n%s\nwant\n%s", form, got, want)
		}
	}
	if _, text := ask(t, w, "POST", "shop_Order_ship", `{"id":3}`, "Accept", "application/json;odata.metadata=full"); !strings.Contains(text, `"@odata.type":"#signoff.rows.shop_Order","id@odata.type":"#Decimal","id":3,`) {
		t.Error(text)
	}
	p := list(t, w, "shop_Order?$count=true", "Accept", "application/json;odata.metadata=none", "Prefer", "odata.maxpagesize=3")
	if p.Context != "" || p.Count == nil || p.Next == "" {
		t.Errorf("without metadata: %+v", p)
	}
	for _, path := range []string{"shop_Order/$count", "shop_Order(2)/customer/$value"} {
		if a, text := ask(t, w, "GET", path, "", "Accept", "text/plain"); a.StatusCode != 200 {
			t.Errorf("%s is text: %d %s", path, a.StatusCode, text)
		}
	}
	for form, status := range map[string]int{"application/json": 200, "application/xml": 200, "text/csv": 406} {
		if a, text := ask(t, w, "GET", "$metadata", "", "Accept", form); a.StatusCode != status || status == 200 && !strings.HasPrefix(a.Header.Get("Content-Type"), form) {
			t.Errorf("$metadata as %s: %d %s", form, a.StatusCode, text)
		}
	}
	if a, _ := ask(t, w, "GET", "$metadata", "", "Accept", "application/json", "OData-MaxVersion", "4.0"); a.StatusCode != 406 {
		t.Errorf("a client of 4.0 gets a form of 4.01: %d", a.StatusCode)
	}
}

func TestThingsAreMadeChangedAndDeleted(t *testing.T) {
	w, shop := world(t)
	a, text := ask(t, w, "POST", "shop_Order", `{"@odata.type":"#signoff.shop_Order","customer":"Eve","total":1.10,"tags":["a"],"note":"{\"x\":1}","paid":null}`, "Idempotency-Key", "k1")
	if a.StatusCode != 201 || a.Header.Get("Location") != w.URL+"/api/odata/v4/shop_Order(31)" || !strings.Contains(text, `"id":31,"customer":"Eve","total":1.10`) {
		t.Fatalf("%d %v %s", a.StatusCode, a.Header, text)
	}
	last := shop.calls[len(shop.calls)-1]
	if last.Key != string(w.Caller(t, "ana").Principal)+"/k1" || !last.Again || fmt.Sprint(last.Inputs["note"]) != "map[x:1]" {
		t.Errorf("%+v", last)
	}
	if a, text = ask(t, w, "GET", a.Header.Get("Location"), ""); a.StatusCode != 200 {
		t.Errorf("%d %s", a.StatusCode, text)
	}
	a, _ = ask(t, w, "POST", "shop_Order", `{"customer":"Eve"}`, "Prefer", "return=minimal")
	if a.StatusCode != 204 || !strings.HasSuffix(a.Header.Get("OData-EntityId"), "shop_Order(32)") {
		t.Errorf("%d %v", a.StatusCode, a.Header)
	}
	if a, text = ask(t, w, "PATCH", "shop_Order(31)", `{"customer":"Zoe","id":7}`); a.StatusCode != 204 || shop.orders[31]["customer"] != "Zoe" || shop.orders[31]["total"] == nil {
		t.Errorf("%d %s %v", a.StatusCode, text, shop.orders[31])
	}
	if a, text = ask(t, w, "PATCH", "shop_Order(31)", `{"paid":true}`, "Prefer", "return=representation"); a.StatusCode != 200 || !strings.Contains(text, `"paid":true`) {
		t.Errorf("%d %s", a.StatusCode, text)
	}
	if a, text = ask(t, w, "DELETE", "shop_Order(31)", "", "If-Match", "*"); a.StatusCode != 204 || shop.orders[31] != nil {
		t.Errorf("%d %s", a.StatusCode, text)
	}
}

func TestOtherMethodsAreActions(t *testing.T) {
	w, shop := world(t)
	a, text := ask(t, w, "POST", "shop_Order_ship", `{"id":3,"express":true}`)
	if a.StatusCode != 200 || !strings.Contains(text, `$metadata#signoff.rows.shop_Order","id":3,"customer":"true"`) {
		t.Errorf("%d %s", a.StatusCode, text)
	}
	if a, text = ask(t, w, "POST", "shop_Order_audit", ""); a.StatusCode != 200 || !strings.Contains(text, `#Collection(signoff.rows.shop_Order)","value":[{"id":7,`) {
		t.Errorf("%d %s", a.StatusCode, text)
	}
	if a, text = ask(t, w, "POST", "shop_Till_close()", `{}`); a.StatusCode != 204 || shop.calls[len(shop.calls)-1].Method != "close" {
		t.Errorf("%d %s", a.StatusCode, text)
	}
}

func TestRefusalsAreODataErrors(t *testing.T) {
	w, _ := world(t)
	deep := strings.Repeat("(", 25) + "id eq 1" + strings.Repeat(")", 25)
	wide := strings.Repeat("id eq 1 or ", 210) + "id eq 2"
	for _, c := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"GET", "shop_Order?$filter=id eq", "", 400, "a value was expected"},
		{"GET", "shop_Order?$filter=ident eq 1", "", 400, "gives no"},
		{"GET", "shop_Order?$filter=customer eq 'x", "", 400, "a single quote is missing"},
		{"GET", "shop_Order?$filter=id eq 1 2", "", 400, "nothing more was expected"},
		{"GET", "shop_Order?$filter=note eq 'x'", "", 400, "cannot be compared"},
		{"GET", "shop_Order?$filter=" + deep, "", 400, "too large"},
		{"GET", "shop_Order?$filter=" + wide, "", 400, "too large"},
		{"GET", "shop_Order?$filter=tolower(customer) eq 'x'", "", 501, "tolower()"},
		{"GET", "shop_Order?$filter=id add 1 eq 2", "", 501, "add"},
		{"GET", "shop_Order?$filter=id eq total", "", 501, "total"},
		{"GET", "shop_Order?$filter=tags/all(t:t eq 'x')", "", 501, "tags/"},
		{"GET", "shop_Order?$filter=customer/name eq 'x'", "", 501, "customer/"},
		{"GET", "shop_Order?$orderby=nothing", "", 400, "gives no"},
		{"GET", "shop_Order?$orderby=tags", "", 400, "sorted by tags"},
		{"GET", "shop_Order?$orderby=length(customer)", "", 501, "$orderby"},
		{"GET", "shop_Order?$select=custumer", "", 400, "did you mean customer?"},
		{"GET", "shop_Order?$expand=x", "", 501, "$expand"},
		{"GET", "shop_Order?$search=x", "", 501, "$search"},
		{"GET", "shop_Order?$apply=x", "", 501, "$apply"},
		{"GET", "shop_Order?$top=-1", "", 400, "$top"},
		{"GET", "shop_Order?$top=1&$top=2", "", 400, "twice"},
		{"GET", "shop_Order?$skip=5001", "", 400, "skipped"},
		{"GET", "shop_Order?$count=yes", "", 400, "$count"},
		{"GET", "shop_Order?$skiptoken=!", "", 400, "go on"},
		{"GET", "shop_Order?$format=atom", "", 406, "application/json"},
		{"GET", "shop_Order?$format=xml", "", 406, "application/json"},
		{"GET", "shop_Order?$format=application/json;odata.metadata=much", "", 406, "application/json"},
		{"PUT", "shop_Order(2)", `{"customer":"x"}`, 405, "PATCH"},
		{"GET", "shop_Order?filter=id eq 1", "", 400, "begin with a $"},
		{"GET", "shop_Order?$filter=id eq 1&x=" + strings.Repeat("y", 17<<10), "", 400, "longer than"},
		{"GET", "shop_Order('a',2)", "", 400, "the key of shop_Order is id"},
		{"GET", "shop_Order(name=2)", "", 400, "the key of shop_Order is id"},
		{"GET", "shop_Order(2", "", 400, "ends with )"},
		{"GET", "shop_Order(99)", "", 404, "nothing with that key"},
		{"GET", "shop_Order('x')", "", 400, "cannot be called"},
		{"GET", "shop_Ordre", "", 404, "did you mean shop_Order?"},
		{"GET", "shop_Order/1", "", 404, "nothing at this address"},
		{"PUT", "shop_Order", "{}", 405, "GET, POST"},
		{"POST", "shop_Order(1)", "{}", 405, "PATCH"},
		{"POST", "shop_Till", "{}", 405, "cannot be added to"},
		{"PATCH", "shop_Till('front')", "{}", 405, "cannot be changed"},
		{"DELETE", "shop_Till('front')", "", 405, "cannot be deleted"},
		{"GET", "shop_Order_ship", "", 405, "POST"},
		{"POST", "shop_Order", `{"total":"much"}`, 400, `"target":"total"`},
		{"POST", "shop_Order", `{"customer":"x","colour":"red"}`, 400, `"target":"colour"`},
		{"POST", "shop_Order", `[]`, 400, "no object"},
		{"POST", "shop_Order", `{} {}`, 400, "behind"},
		{"POST", "$batch", `{}`, 501, "$batch"},
	} {
		a, text := ask(t, w, c.method, c.path, c.body)
		var e struct {
			Error *struct{ Code, Message string }
		}
		if a.StatusCode != c.status || !strings.Contains(text, c.says) || json.Unmarshal([]byte(text), &e) != nil || e.Error == nil || e.Error.Code == "" || e.Error.Message == "" {
			t.Errorf("%s %.60s: %d %s", c.method, c.path, a.StatusCode, text)
		} else if _, known := api.CodeByName(e.Error.Code); !known {
			t.Errorf("%s: the code %s is not in the list", c.path, e.Error.Code)
		}
	}
	for _, h := range []struct {
		method, name, value string
		status              int
	}{{"GET", "If-Match", `"abc"`, 412}, {"GET", "OData-MaxVersion", "3.0", 400}, {"GET", "OData-MaxVersion", "new", 400}, {"GET", "OData-Version", "5.0", 400}, {"GET", "Prefer", "odata.maxpagesize=x", 400},
		{"PATCH", "If-None-Match", "*", 412}, {"GET", "Accept", "application/atom+xml", 406}, {"GET", "Accept", "application/json;odata.metadata=most", 406}, {"GET", "Accept", "application/json;charset=latin1", 406},
		{"GET", "Accept", "application/json;q=0", 406}} {
		path, body := "shop_Order", ""
		if h.method == "PATCH" {
			path, body = "shop_Order(2)", "{}"
		}
		a, text := ask(t, w, h.method, path, body, h.name, h.value)
		if a.StatusCode != h.status || a.Header.Get("OData-Version") != "4.0" || !strings.HasPrefix(text, `{"error":{"code":`) {
			t.Errorf("%v: %d %s", h, a.StatusCode, text)
		}
	}
	if a, _ := ask(t, w, "GET", "shop_Order?$top=1", "", "OData-MaxVersion", "5.0"); a.StatusCode != 200 {
		t.Errorf("a newer client: %d", a.StatusCode)
	}
	if a, text := ask(t, w, "POST", "shop_Order", "a=b", "Content-Type", "text/plain"); a.StatusCode != 415 {
		t.Errorf("%d %s", a.StatusCode, text)
	}
}

func TestNobodySeesWhatTheyMayNotUse(t *testing.T) {
	w, _ := world(t)
	as := func(login string) string {
		r := &http.Request{Header: http.Header{}}
		r.SetBasicAuth(login, apitest.Password)
		return r.Header.Get("Authorization")
	}
	for _, path := range []string{"shop_Order", "shop_Order(1)", "shop_Order/$count", "shop_Order_ship"} {
		method := "GET"
		if strings.HasSuffix(path, "ship") {
			method = "POST"
		}
		if a, text := ask(t, w, method, path, "", "Authorization", as("eve")); a.StatusCode != 404 || strings.Contains(text, "did you mean") {
			t.Errorf("%s: %d %s", path, a.StatusCode, text)
		}
	}
	for _, path := range []string{"", "$metadata"} {
		if _, text := ask(t, w, "GET", path, "", "Authorization", as("eve")); strings.Contains(text, "shop") {
			t.Errorf("%q: %s", path, text)
		}
	}
	a, text := ask(t, w, "GET", "", "", "Authorization", "Basic eDp5")
	if a.StatusCode != 401 || !strings.Contains(text, `{"error":{"code":`) || a.Header.Get("WWW-Authenticate") == "" {
		t.Errorf("%d %v %s", a.StatusCode, a.Header, text)
	}
}

func TestItIsSwitchedOffWithTheOtherAPIs(t *testing.T) {
	w, _ := world(t)
	set := func(body string) {
		t.Helper()
		a, text := ask(t, w, "PUT", w.URL+"/api/v1/apis", body, "Authorization", "Basic YWRtaW46c2lnbm9mZiBvZiBjb250b3Nv")
		if a.StatusCode != 200 {
			t.Fatalf("%d %s", a.StatusCode, text)
		}
	}
	const others = `"workflow":{"on":true,"kinds":[],"origins":[]},"rest":{"on":true,"kinds":["basic","session"],"origins":[]},"tokens":{"defaultDays":1,"maxDays":2}`
	set(`{` + others + `,"odata":{"on":false,"kinds":["basic"],"origins":[]}}`)
	for i := range 2 {
		for _, path := range []string{"", "shop_Order", w.URL + "/api/odatav4/v4/", w.URL + "/API/OData/v4/$metadata"} {
			if a, text := ask(t, w, "GET", path, ""); a.StatusCode != 404 || !strings.Contains(text, "switched off") {
				t.Errorf("%q: %d %s", path, a.StatusCode, text)
			}
		}
		if i == 0 { // a client that knows nothing of OData leaves it as it is
			set(`{` + others + `}`)
		}
	}
	set(`{` + others + `,"odata":{"on":true,"kinds":["token"],"origins":[]}}`)
	if a, text := ask(t, w, "GET", "", ""); a.StatusCode != 401 || !strings.Contains(text, "kind-not-taken") {
		t.Errorf("%d %s", a.StatusCode, text)
	}
}

func TestTheDocumentsDescribeWhatThereIs(t *testing.T) {
	w, _ := world(t)
	for _, base := range []string{"/api/odata/v4", "/api/odatav4/v4", "/API/ODATAV4/V4"} {
		a, text := ask(t, w, "GET", w.URL+base, "")
		if a.StatusCode != 200 || !strings.Contains(text, `"name":"shop_Order","kind":"EntitySet","url":"shop_Order"`) || !strings.Contains(text, strings.ToLower(base)+"/$metadata") {
			t.Errorf("%s: %d %s", base, a.StatusCode, text)
		}
	}
	a, text := ask(t, w, "GET", "$metadata", "")
	var doc struct {
		Schemas []struct {
			Namespace   string `xml:",attr"`
			EntityTypes []struct {
				Name string `xml:",attr"`
			} `xml:"EntityType"`
			Actions []struct {
				Name string `xml:",attr"`
			} `xml:"Action"`
		} `xml:"DataServices>Schema"`
	}
	must(t, xml.Unmarshal([]byte(text), &doc))
	if a.Header.Get("Content-Type") != "application/xml;charset=utf-8" || len(doc.Schemas) != 2 || len(doc.Schemas[0].EntityTypes) != 2 || len(doc.Schemas[0].Actions) != 3 {
		t.Errorf("%v %+v", a.Header, doc)
	}
	for _, want := range []string{`Term="Capabilities.SortRestrictions"><Record><PropertyValue Property="Sortable" Bool="true"/><PropertyValue Property="NonSortableProperties"><Collection><PropertyPath>tags</PropertyPath>`,
		`Property="NonFilterableProperties"><Collection><PropertyPath>note</PropertyPath><PropertyPath>bill</PropertyPath></Collection>`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	for _, path := range []string{"$metadata?$format=json", "$metadata?$format=application/json"} {
		a, text = ask(t, w, "GET", path, "")
		if !json.Valid([]byte(text)) || !strings.HasPrefix(text, `{"$Version":"4.01"`) || !strings.Contains(text, `"shop_Order":{"$Kind":"EntityType","$Key":["id"]`) {
			t.Errorf("%s: %v %s", path, a.Header, text)
		}
	}
}
