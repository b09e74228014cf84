package dev.interlock.cli;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Tells whether a process of this program started before the program's files were replaced, as by an upgrade. */
final class ReplacedProgram {

    private ReplacedProgram() {}

    static boolean isRunBy(ProcessHandle process) throws IOException {
        Optional<String[]> arguments = process.info().arguments();
        Optional<Instant> started = process.info().startInstant();
        return arguments.isPresent() && started.isPresent() && isRunBy(List.of(arguments.get()), started.get());
    }

    /** A package sets the times of its files; only the time of the inode's last change is the kernel's. */
    static boolean isRunBy(List<String> arguments, Instant started) throws IOException {
        int option = arguments.indexOf("-cp");
        if (option < 0 || option + 1 == arguments.size()) {
            return false;
        }
        for (String entry : arguments.get(option + 1).split(File.pathSeparator, -1)) {
            try {
                FileTime changed = (FileTime) Files.getAttribute(Path.of(entry), "unix:ctime");
                if (changed.toInstant().isAfter(started)) {
                    return true;
                }
            } catch (NoSuchFileException e) {
                return true; // the new version's has another name
            }
        }
        return false;
    }
}
