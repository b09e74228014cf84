/**
 * The passkeys of people: how they come to be, what they have signed with last, and when they end.
 *
 * <p>What makes a key somebody's is an {@link dev.interlock.evidence.Enrolment}, which proves itself to vault and
 * auditors; this room holds what takes a memory: single-use challenges, counters, revocations. It must not know what
 * people sign for, nor how a browser is reached.
 *
 * <p>Start with {@link dev.interlock.people.Passkeys}. {@code Ceremony} is the only class that knows the library which
 * reads what authenticators send; whatever that accepts is checked once more by module {@code evidence}, and both must
 * agree.
 */
@NullMarked
package dev.interlock.people;

import org.jspecify.annotations.NullMarked;
