package dev.interlock.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;

/** A command for one gateway, without commands below it. */
abstract class ConfiguredCommand extends TerminalCommand implements Callable<Integer> {

    @Mixin
    Options options = new Options();
}
