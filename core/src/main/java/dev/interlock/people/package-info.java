/**
 * The passkeys of people: their creation, their signature counters and their revocation.
 *
 * <p>An {@link dev.interlock.evidence.Enrolment} is the evidence that a key belongs to a person; vault and auditors can
 * verify it. This package holds the state beside it: single-use challenges, counters, revocations. It must not know
 * what people sign for, nor how a browser is reached.
 *
 * <p>Start with {@link dev.interlock.people.Passkeys}. {@code Ceremony} is the only class that knows the library which
 * parses the output of authenticators. Module {@code evidence} checks everything that the library accepts once more,
 * and both must agree.
 */
@NullMarked
package dev.interlock.people;

import org.jspecify.annotations.NullMarked;
