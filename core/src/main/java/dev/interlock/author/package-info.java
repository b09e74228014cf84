/**
 * Reads the policies that people write, and answers their questions about them before and after sealing.
 *
 * <p>Nothing here takes part in a call: {@code policy} decides about attempts and does not know this package. This
 * package must not know the policy engine either. A tool finds out by deciding ({@link dev.interlock.policy.Policies}).
 * It decides about hypothetical attempts ({@link dev.interlock.author.HypotheticalAttempt}) or past ones
 * ({@link dev.interlock.author.AttemptReconstruction}), or analyses single policies through
 * {@link dev.interlock.policy.PolicyAnalysis}.
 *
 * <p>Start with {@link dev.interlock.author.PolicyDirectory}, from which a seal is made, then any tool:
 * {@link dev.interlock.author.PolicyTests}, {@link dev.interlock.author.Lint},
 * {@link dev.interlock.author.InvariantProof}, {@link dev.interlock.author.DecisionExplanation},
 * {@link dev.interlock.author.PolicyReplay}. {@link dev.interlock.author.StarterPolicy} writes the first directory.
 */
@NullMarked
package dev.interlock.author;

import org.jspecify.annotations.NullMarked;
