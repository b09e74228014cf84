/**
 * How credentials look: the known kinds, as {@code credentials.yaml} describes them, and the providers of models, as
 * {@code models.yaml} does. What searches a machine, a push or a call for them is elsewhere.
 *
 * <p>This package must not know where a text comes from. Start with {@link CredentialShapes}.
 */
@NullMarked
package dev.interlock.shapes;

import org.jspecify.annotations.NullMarked;
