/**
 * The local settings of one machine in files of root's, first of all {@code gateway.yaml}, and the reader of every YAML
 * file that people write into records. Its errors name the wrong line.
 *
 * <p>It must not know what is sealed, and opens no file that the settings name. Start with {@link Config}, or with
 * {@link YamlRecords} for a further file.
 */
@NullMarked
package dev.interlock.config;

import org.jspecify.annotations.NullMarked;
