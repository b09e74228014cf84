/**
 * Decides what is allowed. It holds the seal in force, the rules that every seal must meet, and the decision about one
 * attempt.
 *
 * <p>It must not know how an attempt was read, what happens to a verdict, or how policies are written. It sees catalogs
 * only as {@link dev.interlock.action.CatalogFacts}. Anything that it does not wholly understand leads to a refusal,
 * and so does every error of the policy engine. Start with {@link dev.interlock.policy.Policies}, which every attempt
 * passes, then {@link dev.interlock.policy.SealsInForce}, which holds the valid seal. Drafts come in through
 * {@link dev.interlock.policy.DraftSeals}. Other packages see how policies are stored and evaluated only through
 * {@link dev.interlock.policy.PolicyAnalysis}.
 */
@NullMarked
package dev.interlock.policy;

import org.jspecify.annotations.NullMarked;
