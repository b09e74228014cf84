/**
 * Describes providers: their operations, the effects of these, the resources they touch, and the fields that carry
 * secrets.
 *
 * <p>This knowledge is data ({@code docs/formats/catalog.md}). The package only reads it and compares requests with it.
 * It must not know leases, policy, environments or credentials: it determines what a request means, never whether it is
 * permitted. Start with {@link dev.interlock.catalog.Catalog}.
 */
@NullMarked
package dev.interlock.catalog;

import org.jspecify.annotations.NullMarked;
