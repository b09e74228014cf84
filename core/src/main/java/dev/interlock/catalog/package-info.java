/**
 * What is known of providers: which operations they have, what these do, on what, and which fields carry secrets.
 *
 * <p>Knowledge is data ({@code docs/formats/catalog.md}); this package only reads it and lays requests against it. It
 * must not know leases, policy, environments or credentials: it says what a request asks for, never whether it may.
 * Start with {@link dev.interlock.catalog.Catalog}.
 */
@NullMarked
package dev.interlock.catalog;

import org.jspecify.annotations.NullMarked;
