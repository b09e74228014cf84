package dev.interlock.front.git;

import org.eclipse.jgit.lib.Config;
import org.eclipse.jgit.storage.file.FileBasedConfig;
import org.eclipse.jgit.storage.file.WindowCacheConfig;
import org.eclipse.jgit.util.FS;
import org.eclipse.jgit.util.SystemReader;

/** Keeps JGit from reading the configuration of the machine and of the user, and from keeping much in memory. */
final class QuietSystem extends SystemReader.Delegate {

    private QuietSystem(SystemReader real) {
        super(real);
    }

    /** Sets JGit up, for the whole process: JGit has no other way. */
    static void install() {
        if (!(SystemReader.getInstance() instanceof QuietSystem)) {
            SystemReader.setInstance(new QuietSystem(SystemReader.getInstance()));
            WindowCacheConfig memory = new WindowCacheConfig();
            memory.setPackedGitLimit(8L * WindowCacheConfig.MB);
            memory.setDeltaBaseCacheLimit(4 * WindowCacheConfig.MB);
            memory.setExposeStatsViaJmx(false);
            memory.install();
        }
    }

    /** A configuration that is empty, and has no file. */
    private static final class NoConfig extends FileBasedConfig {
        NoConfig(Config parent, FS fs) {
            super(parent, null, fs);
        }

        @Override
        public void load() {}

        @Override
        public void save() {}

        @Override
        public boolean isOutdated() {
            return false;
        }
    }

    @Override
    public FileBasedConfig openUserConfig(Config parent, FS fs) {
        return new NoConfig(parent, fs);
    }

    @Override
    public FileBasedConfig openSystemConfig(Config parent, FS fs) {
        return new NoConfig(parent, fs);
    }

    @Override
    public FileBasedConfig openJGitConfig(Config parent, FS fs) {
        return new NoConfig(parent, fs);
    }
}
