package dev.interlock.front.git;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.eclipse.jgit.errors.CorruptObjectException;
import org.eclipse.jgit.errors.MissingObjectException;
import org.eclipse.jgit.errors.TooLargePackException;
import org.eclipse.jgit.internal.storage.file.FileRepository;
import org.eclipse.jgit.internal.storage.file.Pack;
import org.eclipse.jgit.internal.storage.pack.PackExt;
import org.eclipse.jgit.lib.AnyObjectId;
import org.eclipse.jgit.lib.ObjectChecker;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectIdSubclassMap;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;
import org.eclipse.jgit.transport.PackParser;
import org.eclipse.jgit.transport.PackedObjectInfo;

/**
 * The objects of one push, apart from everything else. They see those of the repository's copy, and nothing sees them.
 */
final class Quarantine implements AutoCloseable {

    private final FileRepository repository;
    private final ObjectIdSubclassMap<ObjectId> brought = new ObjectIdSubclassMap<>();
    private final ObjectIdSubclassMap<ObjectId> unsearched = new ObjectIdSubclassMap<>();

    private Quarantine(FileRepository repository) {
        this.repository = repository;
    }

    /** Unpacks a push beside the copy's {@code objects}. Throws if its pack is not valid, or not within the limits. */
    static Quarantine unpack(PushBody body, PushCommands commands, Path objects, ReadingTime time) throws IOException {
        Optional<PackScanner> pack = body.pack();
        FileRepositoryBuilder builder = new FileRepositoryBuilder();
        builder.setGitDir(body.own().resolve("objects").toFile()).setBare();
        builder.addAlternateObjectDirectory(objects.toFile());
        FileRepository made = new FileRepository(builder.setup());
        try {
            Files.createDirectories(made.getObjectsDirectory().toPath()); // nothing else of a repository is needed
            Quarantine quarantine = new Quarantine(made);
            if (pack.isPresent() && pack.get().size() > 0) {
                quarantine.parse(body, commands, pack.get(), time);
            }
            return quarantine;
        } catch (IOException | RuntimeException e) {
            made.close();
            throw e;
        }
    }

    private void parse(PushBody body, PushCommands commands, PackScanner pack, ReadingTime time) throws IOException {
        try (ObjectInserter inserter = repository.newObjectInserter();
                InputStream in = Files.newInputStream(body.file())) {
            in.skipNBytes(commands.length());
            PackParser parser = inserter.newPackParser(in);
            parser.setAllowThin(false);
            parser.setMaxObjectSizeLimit(PackScanner.MAX_FILE);
            parser.setObjectChecker(new ObjectChecker().setAllowInvalidPersonIdent(true));
            parser.setNeedNewObjectIds(true);
            parser.parse(time);
            time.requireLeft();
            inserter.flush();
            for (int i = 0; i < parser.getObjectCount(); i++) {
                PackedObjectInfo object = parser.getObject(i);
                brought.addIfAbsent(object.copy());
                if (!pack.isSearched(object.getOffset())) {
                    unsearched.addIfAbsent(object.copy());
                }
            }
            if (parser.getObjectCount() != pack.size() || brought.size() != pack.size()) {
                throw new UnreadablePushException(PushRefusals.OBJECT_TWICE);
            }
        } catch (UnreadablePushException e) {
            throw e;
        } catch (CorruptObjectException
                | MissingObjectException
                | TooLargePackException
                | IllegalArgumentException // a delta that is no delta of its base
                | IndexOutOfBoundsException e) {
            throw new UnreadablePushException(PushRefusals.INVALID_OBJECT);
        }
    }

    FileRepository repository() {
        return repository;
    }

    boolean brings(AnyObjectId id) {
        return brought.contains(id);
    }

    int size() {
        return brought.size();
    }

    Iterator<ObjectId> brought() {
        return brought.iterator();
    }

    /** Returns the objects that were not searched for secrets while they arrived. */
    Iterator<ObjectId> unsearched() {
        return unsearched.iterator();
    }

    /** Moves what was brought to {@code objects}. Nothing may be read from here afterwards. */
    void moveTo(Path objects) throws IOException {
        Path packs = Files.createDirectories(objects.resolve("pack"));
        for (Pack pack : repository.getObjectDatabase().getPacks()) {
            for (PackExt part : List.of(PackExt.PACK, PackExt.INDEX)) { // readers look for the second
                Path file = pack.getPackFile().create(part).toPath();
                Files.move(file, packs.resolve(file.getFileName()), REPLACE_EXISTING);
            }
        }
    }

    @Override
    public void close() {
        repository.close();
    }
}
