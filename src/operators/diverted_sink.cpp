// SPDX-License-Identifier: BSL-1.0
#include "millrace/operators/diverted_sink.hpp"

#include "millrace/core/step_file.hpp"

namespace millrace::detail {

std::string diverted_path(const std::string& directory, const std::string& step,
                          std::uint32_t subtask) {
  return directory + '/' + step_file_name(step, subtask) + ".lines";
}

void append_line(std::string& lines, std::string_view value) {
  for (const char c : value) {
    if (c == '\\')
      lines += "\\\\";
    else if (c == '\n')
      lines += "\\n";
    else
      lines += c;
  }
  lines += '\n';
}

Result<void> DivertedFile::open(Fs& fs) {
  if (file_) return {};
  const std::string directory = path_.substr(0, path_.rfind('/'));
  if (auto made = fs.make_directories(directory); !made) return made;
  auto opened = fs.open(path_, OpenMode::create_new);
  if (!opened) return opened.take_error();
  file_ = std::move(*opened);
  return fs.sync_directory(directory);
}

Result<void> DivertedFile::append(Fs& fs, std::string_view lines) {
  if (auto opened = open(fs); !opened) return opened;
  if (auto written = file_->write_at(end_, lines); !written) return written;
  end_ += lines.size();
  return {};
}

Result<void> DivertedFile::sync(Fs& fs) {
  if (auto opened = open(fs); !opened) return opened;
  return file_->sync();
}

}  // namespace millrace::detail
