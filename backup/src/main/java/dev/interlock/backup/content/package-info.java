/**
 * What sources and restored copies hold, and how far apart both are. Begin with
 * {@link dev.interlock.backup.content.Contents}.
 */
@NullMarked
package dev.interlock.backup.content;

import org.jspecify.annotations.NullMarked;
