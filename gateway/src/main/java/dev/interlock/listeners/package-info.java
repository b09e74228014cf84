/**
 * Connects the HTTP front to the gateway: its certificates, the upstreams of the seal in force, the sockets of
 * sandboxes, and the client for the inventory's questions ({@link dev.interlock.listeners.ResolverClient}).
 *
 * <p>Start with {@link dev.interlock.listeners.SealedRoutes} and {@link dev.interlock.listeners.SandboxListeners}. It
 * decides nothing.
 */
@NullMarked
package dev.interlock.listeners;

import org.jspecify.annotations.NullMarked;
