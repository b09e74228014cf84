package dev.interlock.home;

import java.io.IOException;
import java.nio.file.Path;

/** Removes the credentials from a settings file. */
@FunctionalInterface
public interface SettingsRedaction {

    byte[] redact(byte[] content, Path file) throws IOException;
}
