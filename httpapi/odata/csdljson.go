package odata

import "github.com/signoffhq/signoff/broker"

// json writes the model as CSDL JSON 4.01.
func (m *model) json() any {
	schema := ordered{}
	for _, e := range m.sets {
		kind := ordered{{"$Kind", "EntityType"}, {"$Key", keyNames(e)}}
		for _, p := range e.object.Properties {
			kind = append(kind, member{p.Name, propertyJSON(p, !e.isKey(p.Name) && !p.List)})
		}
		schema = append(schema, member{e.name, kind})
	}
	file := ordered{{"$Kind", "ComplexType"}}
	for _, name := range []string{"name", "type", "content"} {
		file = append(file, member{name, ordered{{"$Nullable", true}}})
	}
	schema = append(schema, member{"File", file})
	container := ordered{{"$Kind", "EntityContainer"}, {"@Capabilities.ConformanceLevel", "Minimal"}, {"@Capabilities.BatchSupported", false},
		{"@Capabilities.FilterFunctions", filterFunctions}}
	for _, e := range m.sets {
		set := ordered{{"$Collection", true}, {"$Type", namespace + "." + e.name}}
		if e.object.Title != "" {
			set = append(set, member{"@Core.Description", e.object.Title})
		}
		for _, r := range e.restrictions() {
			record := ordered{{r.property, r.is}}
			for _, but := range r.but {
				record = append(record, member{but.name, but.paths})
			}
			set = append(set, member{"@Capabilities." + r.term, record})
		}
		container = append(container, member{e.name, set})
	}
	for _, a := range m.actions {
		schema = append(schema, member{a.name, []any{actionJSON(a)}})
		container = append(container, member{a.name, ordered{{"$Action", namespace + "." + a.name}}})
	}
	schema = append(schema, member{"Services", container})
	out := ordered{{"$Version", "4.01"}, {"$EntityContainer", namespace + ".Services"},
		{"$Reference", ordered{
			{coreVocabulary + ".json", map[string]any{"$Include": []any{map[string]string{"$Namespace": "Org.OData.Core.V1", "$Alias": "Core"}}}},
			{capabilitiesVocabulary + ".json", map[string]any{"$Include": []any{map[string]string{"$Namespace": "Org.OData.Capabilities.V1", "$Alias": "Capabilities"}}}},
		}}, {namespace, schema}}
	if kinds := m.rowTypes(); len(kinds) > 0 {
		types := ordered{}
		for _, a := range kinds {
			kind := ordered{{"$Kind", "ComplexType"}}
			for _, p := range a.object.Properties {
				kind = append(kind, member{p.Name, propertyJSON(p, !p.List)})
			}
			types = append(types, member{a.service + "_" + a.object.Name, kind})
		}
		out = append(out, member{rows, types})
	}
	return out
}

func keyNames(e entitySet) (names []string) {
	for _, p := range e.keys {
		names = append(names, p.Name)
	}
	return names
}

func propertyJSON(p broker.Property, nullable bool) ordered {
	out := typeJSON(p.Type, p.List, nullable)
	if p.Title != "" {
		out = append(out, member{"@Core.Description", p.Title})
	}
	return out
}

func typeJSON(t broker.DataType, list, nullable bool) ordered {
	out := ordered{}
	if list {
		out = append(out, member{"$Collection", true})
	}
	if kind := edm(t); kind != "Edm.String" { // which goes without saying
		out = append(out, member{"$Type", kind})
	}
	if nullable {
		out = append(out, member{"$Nullable", true})
	}
	if t == broker.Moment {
		out = append(out, member{"$Precision", 12})
	}
	return out // the scale of a decimal is variable here unless said otherwise
}

func actionJSON(a action) ordered {
	out := ordered{{"$Kind", "Action"}}
	takes := []any{}
	for _, in := range a.object.Takes(a.method) {
		one := append(ordered{{"$Name", in.Name}}, typeJSON(in.Type, in.List, !in.Required && !in.List)...)
		if in.Text != "" {
			one = append(one, member{"@Core.Description", in.Text})
		}
		takes = append(takes, one)
	}
	if len(takes) > 0 {
		out = append(out, member{"$Parameter", takes})
	}
	if returns(a.method) {
		back := ordered{}
		if a.method.Kind == broker.List {
			back = append(back, member{"$Collection", true})
		}
		back = append(back, member{"$Type", rowType(a.service, a.object)})
		if a.method.Kind != broker.List {
			back = append(back, member{"$Nullable", true})
		}
		out = append(out, member{"$ReturnType", back})
	}
	if a.method.Title != "" {
		out = append(out, member{"@Core.Description", a.method.Title})
	}
	return out
}
