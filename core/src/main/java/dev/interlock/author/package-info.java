/**
 * What people write, and what they can ask of it before and after it is sealed.
 *
 * <p>Nothing here takes part in a call: an attempt is decided about by {@code policy}, which does not know this room.
 * It must not know the engine either. A tool finds out by deciding ({@link dev.interlock.policy.Policies}), about
 * attempts in thought ({@link dev.interlock.author.Example}) or of the past
 * ({@link dev.interlock.author.Recollection}), or looks at single policies through
 * {@link dev.interlock.policy.Dissection}. Start with {@link dev.interlock.author.PolicyDirectory}, from which a seal
 * is made; then any tool: {@link dev.interlock.author.PolicyTests}, {@link dev.interlock.author.Lint},
 * {@link dev.interlock.author.Proof}, {@link dev.interlock.author.Explanation}, {@link dev.interlock.author.Replay},
 * {@link dev.interlock.author.Learning}. {@link dev.interlock.author.Starter} writes the first directory.
 */
@NullMarked
package dev.interlock.author;

import org.jspecify.annotations.NullMarked;
