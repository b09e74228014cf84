package dev.interlock.front.git;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import org.eclipse.jgit.errors.CorruptObjectException;
import org.eclipse.jgit.errors.MissingObjectException;
import org.eclipse.jgit.errors.TooLargePackException;
import org.eclipse.jgit.internal.storage.file.FileRepository;
import org.eclipse.jgit.lib.AnyObjectId;
import org.eclipse.jgit.lib.ObjectChecker;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectIdSubclassMap;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;
import org.eclipse.jgit.transport.PackParser;

/**
 * The objects of one push, apart from everything else. They see those of the repository's copy, and nothing sees them.
 */
final class Quarantine implements AutoCloseable {

    private final FileRepository repository;
    private final ObjectIdSubclassMap<ObjectId> brought;

    private Quarantine(FileRepository repository, ObjectIdSubclassMap<ObjectId> brought) {
        this.repository = repository;
        this.brought = brought;
    }

    /** Unpacks a push beside the copy's {@code objects}. Throws if its pack is not valid, or not within the limits. */
    static Quarantine unpack(PushBody body, PushCommands commands, Path objects, ReadingTime time) throws IOException {
        int count = commands.bringsPack() ? PackScanner.scan(body.file(), commands.length()) : 0;
        FileRepositoryBuilder builder = new FileRepositoryBuilder();
        builder.setGitDir(body.own().resolve("objects").toFile()).setBare();
        builder.addAlternateObjectDirectory(objects.toFile());
        FileRepository made = new FileRepository(builder.setup());
        try {
            made.create(true);
            return new Quarantine(
                    made, count == 0 ? new ObjectIdSubclassMap<>() : parse(made, body, commands, count, time));
        } catch (IOException | RuntimeException e) {
            made.close();
            throw e;
        }
    }

    private static ObjectIdSubclassMap<ObjectId> parse(
            FileRepository made, PushBody body, PushCommands commands, int count, ReadingTime time) throws IOException {
        try (ObjectInserter inserter = made.newObjectInserter();
                InputStream in = Files.newInputStream(body.file())) {
            in.skipNBytes(commands.length());
            PackParser parser = inserter.newPackParser(in);
            parser.setAllowThin(false);
            parser.setMaxObjectSizeLimit(PackScanner.MAX_OBJECT);
            parser.setObjectChecker(new ObjectChecker().setAllowInvalidPersonIdent(true));
            parser.setNeedNewObjectIds(true);
            parser.parse(time);
            time.requireLeft();
            inserter.flush();
            ObjectIdSubclassMap<ObjectId> ids = new ObjectIdSubclassMap<>();
            for (int i = 0; i < parser.getObjectCount(); i++) {
                ids.addIfAbsent(parser.getObject(i).copy());
            }
            if (parser.getObjectCount() != count || ids.size() != count) {
                throw new UnreadablePushException(PushRefusals.OBJECT_TWICE);
            }
            return ids;
        } catch (UnreadablePushException e) {
            throw e;
        } catch (CorruptObjectException | MissingObjectException | TooLargePackException e) {
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

    @Override
    public void close() {
        repository.close();
    }
}
