/**
 * What machines read of a running gateway: counts and times (Prometheus), traces (OpenTelemetry), a log of JSON lines.
 *
 * <p>Each is off unless {@code gateway.yaml} asks for it, and is loaded only then. It only listens: no decision waits
 * for it, and what does not fit in its queues is dropped. It must not know policy, protocols or credentials, and tells
 * no word that an agent has chosen. Start with {@link dev.interlock.telemetry.Metrics} and
 * {@link dev.interlock.telemetry.Traces}.
 */
@NullMarked
package dev.interlock.telemetry;

import org.jspecify.annotations.NullMarked;
