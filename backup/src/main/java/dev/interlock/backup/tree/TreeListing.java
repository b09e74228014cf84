package dev.interlock.backup.tree;

import dev.interlock.backup.kept.BackupFileReader;
import dev.interlock.backup.kept.BackupManifest;
import dev.interlock.backup.kept.BackupRepository;
import dev.interlock.backup.kept.FileTree;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.Progress;
import dev.interlock.backup.run.RestoreSandbox;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the listing of a saved directory line by line. */
final class TreeListing implements AutoCloseable {

    private final BackupFileReader file;
    private final BufferedReader lines;

    TreeListing(BackupRepository repository, BackupManifest manifest) throws IOException {
        file = new BackupFileReader(repository, manifest, FileTree.LISTING);
        lines = new BufferedReader(new InputStreamReader(file.unpacked(), StandardCharsets.UTF_8));
    }

    /** Returns the next entry; empty at the end, after the listing was verified as a whole. */
    Optional<TreeEntry> next() throws IOException {
        String line = lines.readLine();
        if (line == null) {
            file.requireWhole();
            return Optional.empty();
        }
        try {
            return Optional.of(TreeEntry.of(Json.readObject(line.getBytes(StandardCharsets.UTF_8))));
        } catch (MalformedException e) {
            throw new BackupException("its listing cannot be parsed: " + e.getMessage(), e);
        }
    }

    /** Describes the differences between {@code root} and the listing; empty if there are none. */
    List<String> differences(Path root, Progress progress) throws IOException {
        Differences differences = new Differences(next());
        new DirectoryTree(root, (_, bytes) -> progress.at("comparing", bytes))
                .read(java.io.OutputStream.nullOutputStream(), differences::at);
        differences.end();
        return differences.told;
    }

    /** Compares two sequences with the same order. */
    private final class Differences {

        private static final int MAX_TOLD = 8;

        private final List<String> told = new ArrayList<>();
        private final boolean asRoot = RestoreSandbox.isRoot();
        private Optional<TreeEntry> listed;

        Differences(Optional<TreeEntry> first) throws IOException {
            listed = first;
        }

        void at(TreeEntry found) throws IOException {
            skipTo(found.name());
            if (listed.isPresent() && listed.get().name().equals(found.name())) {
                tell(listed.get().difference(found, asRoot));
                listed = next();
            } else {
                tell("there is a `" + TreeName.shown(found.name()) + "` that the original does not have");
            }
        }

        private void skipTo(String name) throws IOException {
            while (listed.isPresent() && TreeName.order(listed.get().name()).compareTo(TreeName.order(name)) < 0) {
                missing();
            }
        }

        void end() throws IOException {
            while (listed.isPresent()) {
                missing();
            }
        }

        private void missing() throws IOException {
            tell("`" + TreeName.shown(listed.orElseThrow().name()) + "` is missing");
            listed = next();
        }

        private void tell(String difference) {
            if (!difference.isEmpty() && told.size() < MAX_TOLD) {
                told.add(difference);
            }
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
