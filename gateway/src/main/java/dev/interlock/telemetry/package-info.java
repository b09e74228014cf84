/**
 * Output of a running gateway for machines: counts and durations (Prometheus), traces (OpenTelemetry), a log of JSON
 * lines.
 *
 * <p>Each is off unless {@code gateway.yaml} asks for it, and is loaded only then. This package only observes: no
 * decision waits for it, and anything that does not fit in its queues is dropped. It must not know policy, protocols or
 * credentials, and outputs no text that an agent has chosen. Start with {@link dev.interlock.telemetry.Metrics} and
 * {@link dev.interlock.telemetry.AttemptTraces}.
 */
@NullMarked
package dev.interlock.telemetry;

import org.jspecify.annotations.NullMarked;
