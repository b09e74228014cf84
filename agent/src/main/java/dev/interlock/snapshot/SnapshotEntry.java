package dev.interlock.snapshot;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * One file, directory or link of a workspace.
 *
 * @param path relative to the workspace
 * @param content a file's SHA-256, a link's target; else empty
 * @param pack the pack with a file's content, and where it begins there
 */
record SnapshotEntry(
        String path, Kind kind, int mode, int owner, int group, Stamp stamp, String content, String pack, long offset) {

    enum Kind {
        DIRECTORY,
        FILE,
        LINK
    }

    /** What changes with a file. The times are in nanoseconds. */
    record Stamp(long size, long modified, long changed, long inode) {}

    SnapshotEntry withContent(long size, String digest, String in, long at) {
        return new SnapshotEntry(
                path,
                kind,
                mode,
                owner,
                group,
                new Stamp(size, stamp.modified(), stamp.changed(), stamp.inode()),
                digest,
                in,
                at);
    }

    /** Whether nothing is to be done to make one from the other. */
    boolean isSame(SnapshotEntry other) {
        return kind == other.kind && content.equals(other.content) && (kind == Kind.LINK || mode == other.mode);
    }

    void write(DataOutputStream out) throws IOException {
        out.writeUTF(path);
        out.writeUTF(kind.name());
        out.writeInt(mode);
        out.writeInt(owner);
        out.writeInt(group);
        out.writeLong(stamp.size());
        out.writeLong(stamp.modified());
        out.writeLong(stamp.changed());
        out.writeLong(stamp.inode());
        out.writeUTF(content);
        out.writeUTF(pack);
        out.writeLong(offset);
    }

    static SnapshotEntry read(DataInputStream in) throws IOException {
        return new SnapshotEntry(
                in.readUTF(),
                Kind.valueOf(in.readUTF()),
                in.readInt(),
                in.readInt(),
                in.readInt(),
                new Stamp(in.readLong(), in.readLong(), in.readLong(), in.readLong()),
                in.readUTF(),
                in.readUTF(),
                in.readLong());
    }
}
