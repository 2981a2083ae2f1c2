// SPDX-License-Identifier: BSL-1.0
#include <array>

#include "checkpoint_commands.hpp"

namespace millrace::tool {
namespace {

constexpr std::array ls_options = {Option{"--all"}, Option{"--json"}};
constexpr std::array show_options = {Option{"--items"}, Option{"--json"}};
constexpr std::array diff_options = {Option{"--with", Takes::value}, Option{"--json"}};

constexpr std::array commands = {
    Command{
        "checkpoint", "ls", "lists a pipeline's checkpoints", "[--all] [--json] DIR",
        "Lists the checkpoints in the state directory DIR, oldest first: number, epoch, when it\n"
        "was written, whether its manifest is whole and its files are there, bytes of state, "
        "bytes\n"
        "that it wrote, bytes that it shares with older ones, steps. The epoch is the number that\n"
        "the process took when it started. A pipeline may run meanwhile.\n\n"
        "  --all    also the numbers that hold no checkpoint: starts, and those left out\n"
        "  --json   one object a line\n\n"
        "  millrace checkpoint ls state\n"
        "  millrace checkpoint ls --json state | tail -1",
        ls_options, 1, 1, list_checkpoints},
    Command{"checkpoint", "show", "shows what a checkpoint holds", "[--items] [--json] DIR [ID]",
            "Shows checkpoint ID, or the newest that is complete: its steps with kind, subtasks, "
            "state\n"
            "and the type of the state, how far the sources have read, and what the sinks have\n"
            "prepared. ID is what a pipeline's checkpoints.restore_from takes.\n\n"
            "  --items   also each piece of state, with its key group\n"
            "  --json    one object\n\n"
            "  millrace checkpoint show state\n"
            "  millrace checkpoint show --json state 42",
            show_options, 1, 2, show_checkpoint},
    Command{
        "checkpoint",
        "verify",
        "reads every byte of the checkpoints and checks it",
        "DIR [ID]",
        "Checks the manifests and files of all checkpoints in the state directory DIR, or of ID,\n"
        "against their checksums, and names file and offset of each damage. Ends with 1 when a\n"
        "checkpoint can't be restored; the pipeline would pass it over then.\n\n"
        "  millrace checkpoint verify state\n"
        "  millrace checkpoint verify state 42",
        {},
        1,
        2,
        verify_checkpoints},
    Command{"checkpoint", "diff", "compares two checkpoints", "[--with DIR2] [--json] DIR A B",
            "Shows what changed from checkpoint A to B: the sources' positions, steps that were "
            "added,\n"
            "dropped or changed, bytes of state, and the key groups whose state differs.\n\n"
            "  --with DIR2   B is in this state directory\n"
            "  --json        one object\n\n"
            "  millrace checkpoint diff state 41 42\n"
            "  millrace checkpoint diff --with state-of-new-version state 42 7",
            diff_options, 3, 3, diff_checkpoints},
};

}  // namespace

std::span<const Command> checkpoint_commands() { return commands; }

}  // namespace millrace::tool
