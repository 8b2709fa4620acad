// Package provision keeps what SCIM clients write, Entra ID's provisioning
// service or Okta, and brings people and groups here in line with it.
//
// What a client wrote is kept as it wrote it and is what it reads again; package
// directory takes it from there. Both are not one transaction: a resource whose
// revision has not been taken yet is taken with the next request of its client.
//
// Nobody is ever deleted: whoever a client deletes or makes inactive is switched
// off, and history goes on speaking of them.
//
// Start reading at Service.Create.
package provision
