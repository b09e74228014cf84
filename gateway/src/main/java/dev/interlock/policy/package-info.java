/**
 * What is allowed: a directory that people write, the seal that is made of it, and the decision about one attempt.
 *
 * <p>It must not know how an attempt was read, nor what happens to a verdict. Catalogs reach it as
 * {@link dev.interlock.policy.CatalogFacts} only. Everything that it does not wholly understand, and every error of the
 * engine that evaluates policies, refuses. Start with {@link dev.interlock.policy.Policies} (every attempt passes it),
 * then {@link dev.interlock.policy.PolicyDirectory} (what authors write) and {@link dev.interlock.policy.SealsInForce}
 * (what counts). {@link dev.interlock.policy.Explanation}, {@link dev.interlock.policy.Lint},
 * {@link dev.interlock.policy.Proof} and {@link dev.interlock.policy.Replay} tell authors what they wrote, by deciding.
 */
@NullMarked
package dev.interlock.policy;

import org.jspecify.annotations.NullMarked;
