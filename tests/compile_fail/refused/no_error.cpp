// SPDX-License-Identifier: BSL-1.0
// error: anything
int main() {}
