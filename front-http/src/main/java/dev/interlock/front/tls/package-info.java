/**
 * The identity of a front for clients that speak TLS: a certificate that somebody provides, or one that the gateway's
 * own authority issues for each name.
 *
 * <p>It must not know what is said over TLS, nor by which protocol. Start with
 * {@link dev.interlock.front.tls.ServerIdentity}.
 */
@NullMarked
package dev.interlock.front.tls;

import org.jspecify.annotations.NullMarked;
