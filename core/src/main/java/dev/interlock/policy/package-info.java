/**
 * What is allowed: the seal in force, what no seal must say, and the decision about one attempt.
 *
 * <p>It must not know how an attempt was read, what happens to a verdict, nor who writes policies and how. Catalogs
 * reach it as {@link dev.interlock.action.CatalogFacts} only. Everything that it does not wholly understand, and every
 * error of the engine that evaluates policies, refuses. Start with {@link dev.interlock.policy.Policies} (every attempt
 * passes it), then {@link dev.interlock.policy.SealsInForce} (what counts). {@link dev.interlock.policy.Seals} is where
 * drafts come in, and {@link dev.interlock.policy.Dissection} all that others see of how policies are kept and asked.
 */
@NullMarked
package dev.interlock.policy;

import org.jspecify.annotations.NullMarked;
