/**
 * Plays known incidents against a policy: each step is judged as the gateway would judge it, and nothing is sent. Start
 * with {@link dev.interlock.incidents.IncidentDrill}; the incidents are files beside this package.
 */
@NullMarked
package dev.interlock.incidents;

import org.jspecify.annotations.NullMarked;
