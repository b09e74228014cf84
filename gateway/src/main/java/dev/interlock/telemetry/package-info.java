/**
 * Output of a running gateway for machines: counts and durations (Prometheus), a log of JSON lines.
 *
 * <p>Each is off, and not loaded, unless {@code gateway.yaml} asks for it. No decision waits for it, and it outputs no
 * text that an agent has chosen. It must not know policy, protocols or credentials. Start with
 * {@link dev.interlock.telemetry.Metrics}.
 */
@NullMarked
package dev.interlock.telemetry;

import org.jspecify.annotations.NullMarked;
